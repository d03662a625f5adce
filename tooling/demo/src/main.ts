import { constants } from 'node:os';
import { resolve } from 'node:path';
import { parseDemoArguments, USAGE, UsageError } from './arguments.ts';
import { demo } from './demo.ts';
import { forkPeer } from './peer.ts';

/** The person wants it to end. */
class Interrupt extends Error {
  readonly exitCode: number;

  constructor(signal: NodeJS.Signals) {
    super('Interrupted. Every connection is closed, and so is the server process.');
    this.exitCode = 128 + constants.signals[signal];
  }
}

async function main(args: readonly string[]): Promise<number> {
  const options = parseDemoArguments(args);
  if (options === 'help') {
    process.stdout.write(USAGE);
    return 0;
  }
  const stop = new AbortController();
  const interrupt = (signal: NodeJS.Signals): void => {
    // Asked twice, it does not wait for anything; the server process ends when this one is gone.
    if (stop.signal.aborted) process.exit(128 + constants.signals[signal]);
    stop.abort(new Interrupt(signal));
  };
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, interrupt);
  // `npm run demo | head`: nobody reads on.
  process.stdout.on('error', () => stop.abort(new Interrupt('SIGPIPE')));
  // npm runs scripts in the package's folder and leaves here where the person stood.
  const file = resolve(process.env['INIT_CWD'] ?? '.', options.file);
  const print = (line: string): void => void process.stdout.write(`${line}\n`);
  const equal = await demo({ ...options, file }, { startPeer: forkPeer, print, progress: process.stderr, signal: stop.signal });
  return equal ? 0 : 1;
}

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  if (error instanceof UsageError) process.stderr.write('Try: npm run demo -- --help\n');
  process.exitCode = error instanceof Interrupt ? error.exitCode : error instanceof UsageError ? 2 : 1;
}
