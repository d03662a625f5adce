// The program whose system calls are counted: both ends of one connection in one process, so that nothing depends on who runs when.
// Usage: node BUNDLE WRITER CARRIER FOLDER. It prints nothing; what it does is told by marks in the trace, see `mark`.
import { createHook } from 'node:async_hooks';
import { existsSync } from 'node:fs';
import { setImmediate, setTimeout } from 'node:timers/promises';
import { nodeEnds } from './syscalls-node.ts';
import { sockEnds } from './syscalls-sock.ts';
import { STEPS } from './syscalls-steps.ts';

/** Bytes of a small message, and of one send of `bulk`. */
const MESSAGE = 128;
const CHUNK = 64 * 1024;

/** A way to write the program. */
export interface Ends {
  /** Dials, and resolves when both ends are there. The server's end reads all the time, and sends what it gets back while `echo` is set. */
  open(): Promise<Pair>;
}

/** Both ends of a connection. */
export interface Pair {
  echo: boolean;
  /** Resolves when the server's end has so many bytes more than when it was called. */
  arrived(bytes: number): Promise<void>;
  /** Sends without waiting while there is room. */
  pipelined(bytes: Uint8Array, count: number): Promise<void>;
  /** Sends, and waits for each. */
  awaited(bytes: Uint8Array, count: number): Promise<void>;
  /** Sends, and waits until so much has come back, so many times. */
  roundTrips(bytes: Uint8Array, count: number): Promise<void>;
  /** Sends and gives the buffer away, as fast as the peer takes it. */
  bulk(bytes: Uint8Array, count: number): Promise<void>;
  /** Ends both ends, and resolves when both have closed. */
  close(): Promise<void>;
}

let timers = 0;
createHook({ init: (_, type) => void (type === 'Timeout' && (timers += 1)) }).enable();

/** Asks for a file that cannot be: that call stands in the trace, and says what begins here, and how many timers there were so far. */
function mark(name: string): void {
  existsSync(`/dev/null/${name}/${timers}`);
}

async function count(name: string, work: () => Promise<void>): Promise<void> {
  // What the step before has left to do is not counted here.
  for (let turn = 0; turn < 3; turn += 1) await setImmediate();
  mark(name);
  await work();
  mark('end');
}

const [, , writer, carrier, folder = ''] = process.argv;
const ends = await (writer === 'sock' ? sockEnds : nodeEnds)(carrier === 'tls' ? folder : undefined);
const pair = await ends.open();
const message = new Uint8Array(MESSAGE).fill(1);
// The first messages of a connection bring along what is left of a handshake.
await Promise.all([pair.arrived(MESSAGE), pair.awaited(message, 1)]);

await count('pipelined', async () => void (await Promise.all([pair.arrived(MESSAGE * STEPS.pipelined), pair.pipelined(message, STEPS.pipelined)])));
await count('awaited', async () => void (await Promise.all([pair.arrived(MESSAGE * STEPS.awaited), pair.awaited(message, STEPS.awaited)])));
pair.echo = true;
await count('round trips', async () => await pair.roundTrips(message, STEPS['round trips']));
pair.echo = false;
const chunk = new Uint8Array(CHUNK);
await count('bulk', async () => void (await Promise.all([pair.arrived(CHUNK * STEPS.bulk), pair.bulk(chunk, STEPS.bulk)])));
await count('connections', async () => {
  for (let step = 0; step < STEPS.connections; step += 1) await (await ends.open()).close();
});
await count('idle', async () => await setTimeout(1000 * STEPS.idle));
// The pair is still open, and so is the listener: nothing more is to be counted.
process.exit(0);
