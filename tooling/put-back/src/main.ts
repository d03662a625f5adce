import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import { FAULTS } from './faults.ts';
import { putBack } from './put-back.ts';

const USAGE = `usage: npm run put-back [-- NAME…]

Puts each known fault back into a copy of the repository, and demands that a test notices. NAME is any part of a fault's name; without one all
are put back. The working tree stays as it is.

`;

const names = process.argv.slice(2).map((name) => name.toLowerCase());
const chosen = names.length === 0 ? FAULTS : FAULTS.filter(({ name }) => names.some((part) => name.toLowerCase().includes(part)));

if (chosen.length === 0 || names.some((name) => name.startsWith('-'))) {
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
    print: ({ line, detail }) => console.log(detail === undefined ? line : `${line}\n${detail.replaceAll(/^/gm, '    ')}`),
  });
  console.log(`${chosen.length} faults put back in ${Math.round((performance.now() - begun) / 1000)} s: ${good ? 'each was noticed' : 'see ✗ above'}`);
  process.exitCode = good ? 0 : 1;
}
