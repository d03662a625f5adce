import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import { FAULTS } from './faults.ts';
import { putBack } from './put-back.ts';

const USAGE = `usage: npm run put-back [-- [--why] NAME…]

Puts each known fault back into a copy of the repository, and demands that a test notices. The working tree stays as it is. NAME is any part
of a fault's name; without one all are put back. --why tells which tests failed, and how.

`;

const args = process.argv.slice(2);
const names = args.filter((arg) => arg !== '--why').map((name) => name.toLowerCase());
const chosen = names.length === 0 ? FAULTS : FAULTS.filter(({ name }) => names.some((part) => name.toLowerCase().includes(part)));

if (chosen.length === 0) {
  process.stderr.write(`${USAGE}${FAULTS.map(({ name }) => `  ${name}\n`).join('')}`);
  process.exitCode = 2;
} else {
  const stop = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, () => stop.abort());
  const begun = performance.now();
  const good = await putBack({
    root: fileURLToPath(new URL('../../..', import.meta.url)),
    faults: chosen,
    lanes: Math.min(4, availableParallelism()),
    signal: stop.signal,
    print: ({ line, detail = '', why = [] }) => {
      console.log(line);
      for (const more of [...detail.split('\n'), ...(args.includes('--why') ? why : [])]) if (more !== '') console.log(`    ${more}`);
    },
  });
  const outcome = good ? 'each was noticed' : stop.signal.aborted ? 'stopped before the end' : 'see ✗ above';
  console.log(`${chosen.length} ${chosen.length === 1 ? 'fault' : 'faults'} put back in ${Math.round((performance.now() - begun) / 1000)} s: ${outcome}`);
  process.exitCode = good ? 0 : 1;
}
