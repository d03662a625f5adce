import { bytes, leakGuard, rejection, turns } from '@sock/testkit';
import { expect, test } from 'vitest';
import { AcceptQueue } from '../accept-queue.ts';
import type { Connector, Listener, Upgrade } from '../connector.ts';
import { SocketError } from '../errors.ts';
import { memoryPair } from '../memory.ts';
import { Socket } from '../socket.ts';
import { upgradeConnector } from '../upgrade-connector.ts';
import { upgradeListener } from '../upgrade-listener.ts';
import type { ConnectObservation, Observation, Observer, Watch } from './observation.ts';
import { observed } from './observed.ts';

leakGuard();

function recording(): { observer: Observer; notes: string[]; ends: Observation[] } {
  const notes: string[] = [];
  const ends: Observation[] = [];
  const watch = (operation: string): Watch => ({
    start: () => notes.push(`${operation} start`),
    error: ({ code }) => notes.push(`${operation} error ${code}`),
    end: (observation) => {
      notes.push(`${operation} end`);
      ends.push(observation);
    },
  });
  const operations = ['connect', 'accept', 'handshake', 'send', 'close'] as const;
  return { observer: { name: 'notes', ...Object.fromEntries(operations.map((operation) => [operation, watch(operation)])) }, notes, ends };
}

const through: Upgrade<unknown> = {
  name: 'layer',
  key: () => 'k',
  upgrade: async (socket) => {
    const { transport, unread } = await socket.detach();
    return new Socket(transport, { unread });
  },
};

const dialling: Connector<string> = { key: (target) => `memory ${target}`, connect: async () => memoryPair()[0] };

test('an observed connector keeps its key, tells each dial, and observes the sockets', async () => {
  const { observer, notes, ends } = recording();
  const dial = observed(dialling, observer);
  expect(dial.key('x:1')).toBe('memory x:1');
  const socket = await dial.connect('x:1');
  expect(ends[0]).toMatchObject({ target: 'x:1', endpoint: { host: 'x', port: 1 }, socket, waited: true } satisfies Partial<ConnectObservation>);
  await socket.send(bytes('a'));
  socket.destroy();
  await turns(2);
  expect(notes).toEqual(['connect start', 'connect end', 'send start', 'send end', 'close start', 'close end']);
});

test('a dial that fails is told with its code; one that throws at once is told too', async () => {
  const { observer, notes } = recording();
  const refused = new SocketError('ERR_SOCK_RESET', 'no', { phase: 'connect', category: 'reset' });
  await rejection(observed<string>({ key: dialling.key, connect: () => Promise.reject(refused) }, observer).connect('no address at all'));
  const throws = (): never => {
    throw refused;
  };
  expect(await rejection(observed<string>({ key: dialling.key, connect: throws }, observer).connect('x'))).toBe(refused);
  expect(notes).toEqual(['connect start', 'connect error ERR_SOCK_RESET', 'connect end', 'connect start', 'connect error ERR_SOCK_RESET', 'connect end']);
});

test('under upgradeConnector the handshake is told by itself, above it as a part of the dial', async () => {
  const below = recording();
  (await upgradeConnector(observed(dialling, below.observer), through).connect('x:1')).destroy();
  expect(below.notes).toEqual(['connect start', 'connect end', 'handshake start', 'handshake end']);
  const above = recording();
  const socket = await observed(upgradeConnector(dialling, through), above.observer).connect('x:1');
  await socket.send(bytes('a'));
  expect(above.notes).toEqual(['connect start', 'connect end', 'send start', 'send end']);
  socket.destroy();
});

test('an observed upgrade tells its handshakes, once also on an observed socket', async () => {
  const { observer, notes } = recording();
  const layer = observed(through, observer);
  expect([layer.name, layer.key('x')]).toEqual(['layer', 'k']);
  const socket = await (await observed(dialling, observer).connect('x:1')).upgrade(layer);
  const other = await memoryPair()[0].upgrade(layer);
  await other.send(bytes('a'));
  expect(notes).toEqual(['connect start', 'connect end', 'handshake start', 'handshake end', 'handshake start', 'handshake end', 'send start', 'send end']);
  socket.destroy();
  other.destroy();
});

test('an observed listener tells what it accepts, by accept() and in a loop, below a layer as well', async () => {
  const { observer, notes, ends } = recording();
  const queue = new AcceptQueue<Socket>(10, () => ({ memory: 'here' }));
  let closeNow!: () => void;
  const closed = new Promise<void>((resolve) => (closeNow = resolve)).then(() => ({ how: 'local' as const }));
  const listener: Listener = {
    endpoint: { memory: 'here' },
    closed,
    accept: (options) => queue.accept(options),
    [Symbol.asyncIterator]: () => queue[Symbol.asyncIterator](),
    close: async () => listener.destroy(),
    destroy: () => {
      queue.close();
      closeNow();
    },
    [Symbol.asyncDispose]: async () => listener.destroy(),
  };
  const seen = observed(listener, observer);
  queue.offer(memoryPair()[0]);
  const first = await seen.accept();
  expect(ends[0]).toMatchObject({ socket: first, listener: { memory: 'here' }, endpoint: { memory: 'pair-b' } });
  expect(await rejection(seen.accept({ timeout: 0 }))).toMatchObject({ code: 'ERR_SOCK_TIMEOUT' });
  const served = upgradeListener(seen, through);
  queue.offer(memoryPair()[0]);
  const second = await served.accept();
  await second.send(bytes('a'));
  expect(notes).toEqual(['accept start', 'accept end', 'accept start', 'accept end', 'handshake start', 'handshake end', 'send start', 'send end']);
  for (const socket of [first, second]) socket.destroy();
  await served.close();
  expect(await seen.closed).toEqual({ how: 'local' });
});
