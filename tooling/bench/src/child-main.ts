// One end of one contestant's connection, in a process of its own. Ends when the channel to the bench closes.
import type { Client } from './contestant.ts';
import type { ContestantName } from './contestants.ts';
import { CONTESTANTS } from './contestants.ts';
import { HandshakeTally } from './handshake-tally.ts';
import { connectLoad } from './loads.ts';
import { connectAll } from './many-clients.ts';
import type { Answer, Memory, Order, RunResult } from './orders.ts';
import { PollCrowd } from './poll-crowd.ts';
import { PoolBorrowers } from './pool-borrowers.ts';
import { isLoad } from './work.ts';

// Ctrl-C reaches the whole group of a terminal; the bench ends this process by closing the channel.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => {});

let client: Client | undefined;
let crowd: PollCrowd | undefined;
let borrowers: PoolBorrowers | undefined;
const tally = new HandshakeTally();

process.once('disconnect', () => process.exit(0));
process.on('message', (order: Order) => {
  obey(order).then(
    (answer) => process.send?.(answer),
    (error: unknown) => process.send?.({ failure: String(error) } satisfies Answer),
  );
});

async function obey(order: Order): Promise<Answer> {
  switch (order.do) {
    case 'tally':
      return tally.take();
    case 'memory':
      return await memory();
    case 'listen':
      return { port: await contestant(order.contestant).listen(order.carrier, order.service, order.material, tally.count) };
    case 'connect': {
      const { carrier, port, material, work } = order;
      const { kind } = work;
      client?.close?.();
      client = await connectAll(work, async () => (isLoad(kind) ? await connectLoad(kind, carrier, port, material) : await contestant(order.contestant).connect(carrier, port, material, work)));
      return { ready: true };
    }
    case 'run': {
      const { work, count } = order;
      return await timed(async () => await needed(client).run(work, count));
    }
    case 'watch':
      crowd = new PollCrowd(order.watched, order.sockets, order.ready);
      return { ready: true };
    case 'waits': {
      const { count, cold } = order;
      return await timed(async () => await needed(crowd).wait(count, cold));
    }
    case 'lend':
      borrowers = new PoolBorrowers(order.contestant, order.connections);
      return { ready: true };
    case 'borrow': {
      const { callers, count, timed: times } = order;
      return await timed(async () => await needed(borrowers).run(callers, count, times));
    }
  }
}

function contestant(name: ContestantName): (typeof CONTESTANTS)['sock'] {
  if (name === 'c') throw new Error('the program in C is no program of Node');
  return CONTESTANTS[name];
}

function needed<T>(made: T | undefined): T {
  if (made === undefined) throw new Error('told to run before it was told with what');
  return made;
}

async function timed(run: () => Promise<number[] | undefined>): Promise<RunResult> {
  const cpu = process.cpuUsage();
  const start = performance.now();
  const pingMicros = await run();
  const seconds = (performance.now() - start) / 1000;
  const { user, system } = process.cpuUsage(cpu);
  return { seconds, cpuSeconds: (user + system) / 1e6, pingMicros };
}

/** After a collection of all garbage, twice: what has a finalizer is freed by the second. */
async function memory(): Promise<Memory> {
  for (let pass = 0; pass < 2; pass += 1) {
    globalThis.gc?.();
    await new Promise(setImmediate);
  }
  const { rss, heapUsed } = process.memoryUsage();
  return { rss, heap: heapUsed };
}
