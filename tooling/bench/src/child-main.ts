// One end of one contestant's connection, in a process of its own. Ends when the channel to the bench closes.
import type { Client } from './contestant.ts';
import { CONTESTANTS } from './contestants.ts';
import type { Answer, Order, RunResult } from './orders.ts';
import { HandshakeTally } from './handshake-tally.ts';

// Ctrl-C reaches the whole group of a terminal; the bench ends this process by closing the channel.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => {});

let client: Client | undefined;
const tally = new HandshakeTally();

process.once('disconnect', () => process.exit(0));
process.on('message', (order: Order) => {
  obey(order).then(
    (answer) => process.send?.(answer),
    (error: unknown) => process.send?.({ failure: String(error) } satisfies Answer),
  );
});

async function obey(order: Order): Promise<Answer> {
  if (order.do === 'tally') return tally.take();
  if (order.do === 'listen') return { port: await CONTESTANTS[order.contestant].listen(order.carrier, order.service, order.material) };
  if (order.do === 'listenForHandshakes') return { port: await CONTESTANTS[order.contestant].listenForHandshakes(order.carrier, order.material, tally.count) };
  if (order.do === 'handshakes') {
    client = await CONTESTANTS[order.contestant].handshakes(order.carrier, order.port, order.material, order.work);
    return { connected: true };
  }
  if (order.do === 'connect') {
    client = await CONTESTANTS[order.contestant].connect(order.carrier, order.port, order.material);
    return { connected: true };
  }
  if (client === undefined) throw new Error('told to run before it was told to connect');
  return await run(client, order);
}

async function run(client: Client, { work, count }: Extract<Order, { do: 'run' }>): Promise<RunResult> {
  const cpu = process.cpuUsage();
  const start = performance.now();
  const pingMicros = await client.run(work, count);
  const seconds = (performance.now() - start) / 1000;
  const { user, system } = process.cpuUsage(cpu);
  return { seconds, cpuSeconds: (user + system) / 1e6, pingMicros };
}
