import { bytes, leakGuard, pattern, rejection, text, turns } from '@sock/testkit';
import { expect, test, vi } from 'vitest';
import type { Upgrade } from '../connector.ts';
import { reader } from '../framing.ts';
import { memoryPair } from '../memory.ts';
import { Socket } from '../socket.ts';
import { PARTS } from '../socket-parts.ts';
import type { Observation, Observer, Watch } from './observation.ts';
import { observe } from './observe.ts';

leakGuard();

/** Notes every phase of every operation as `send start 5`. */
function recording(name = 'notes', more: Partial<Observer> = {}): { observer: Observer; notes: string[]; last: () => Observation } {
  const notes: string[] = [];
  let latest: Observation | undefined;
  const watch = (operation: string): Watch => {
    const note = (phase: string) => (observation: Observation): void => {
      latest = observation;
      const { bytes: count, layer, reason } = observation as { bytes?: number; layer?: string; reason?: { how: string } };
      notes.push([operation, phase, count ?? layer ?? reason?.how, observation.code].filter((word) => word !== undefined).join(' '));
    };
    return { start: note('start'), error: note('error'), end: note('end') };
  };
  const observer = { name, connect: watch('connect'), accept: watch('accept'), handshake: watch('handshake'), send: watch('send'), recv: watch('recv'), close: watch('close'), ...more };
  return { observer, notes, last: () => latest as Observation };
}

const through: Upgrade<unknown> = {
  name: 'layer',
  key: () => '',
  upgrade: async (socket, _, options) => {
    const { transport, unread, limits } = await socket.detach(options);
    return new Socket(transport, { ...limits, unread });
  },
};

test('an unobserved socket is made of the same parts as ever: nothing of an observer is on it', () => {
  const [left, right] = memoryPair();
  const { out, side, watch } = left.get(PARTS)!;
  const own = (part: object): string[] => Object.keys(part).filter((key) => typeof (part as Record<string, unknown>)[key] === 'function');
  expect([own(out), own(side), watch]).toEqual([[], [], undefined]);
  observe(right, recording().observer);
  expect([own(out), own(side), watch]).toEqual([[], [], undefined]);
  expect(own(right.get(PARTS)!.out)).toEqual(['accept', 'acceptAll', 'send']);
  left.destroy();
});

test('each call that moves bytes is told once, with its bytes', async () => {
  const [left, right] = memoryPair();
  const { observer, notes } = recording();
  observe(left, { name: 'sends', send: observer.send });
  observe(right, { name: 'receives', recv: observer.recv });
  await left.send(bytes('hello'));
  left.trySend(bytes('abc'));
  await left.sendv([bytes('x'), bytes('yz')]);
  await turns(1);
  expect(notes.splice(0)).toEqual(['send start 5', 'send end 5', 'send start 3', 'send end 3', 'send start 3', 'send end 3']);
  expect(text(await right.recvExactly(2))).toBe('he');
  expect(right.tryRecv(new Uint8Array(3))).toBe(3);
  expect(await right.recvInto(new Uint8Array(1))).toBe(1);
  expect(text(await right.recv())).toBe('bcxyz');
  expect(notes).toEqual(['recv start 0', 'recv end 2', 'recv start 3', 'recv end 3', 'recv start 1', 'recv end 1', 'recv start 5', 'recv end 5']);
  left.destroy();
});

test('an operation that waits is told when it ends, before its caller goes on, with its duration', async () => {
  const [left, right] = memoryPair({ receiveQueueBytes: '4KiB', sendQueueBytes: '4KiB' });
  const { observer, notes, last } = recording();
  observe(left, observer);
  const sending = left.send(pattern(100_000)).then(() => notes.push('caller'));
  expect(notes).toEqual(['send start 100000']);
  expect(last()).toMatchObject({ waited: true, durationMs: undefined, endpoint: { memory: 'pair-b' }, socket: left });
  let received = 0;
  while (received < 100_000) received += (await right.recv())!.length;
  await sending;
  expect(notes).toEqual(['send start 100000', 'send end 100000', 'caller']);
  expect(last().durationMs).toBeGreaterThanOrEqual(0);
  left.destroy();
});

test('a failure is told with its code, and the bytes that moved', async () => {
  const [left, right] = memoryPair({ receiveQueueBytes: '4KiB', sendQueueBytes: '4KiB' });
  const { observer, notes } = recording();
  observe(left, observer);
  const error = await rejection<Error & { bytesMoved: number }>(left.send(pattern(100_000), { timeout: 1 }));
  expect(error.bytesMoved).toBeGreaterThan(0);
  expect(notes.splice(0)).toEqual(['send start 100000', `send error ${error.bytesMoved} ERR_SOCK_TIMEOUT`, `send end ${error.bytesMoved} ERR_SOCK_TIMEOUT`]);
  void right.send(bytes('abc'));
  expect(await rejection(left.recvExactly(5, { timeout: 1 }))).toMatchObject({ code: 'ERR_SOCK_TIMEOUT' });
  // What it had collected was given back: it got nothing.
  expect(notes.splice(0)).toEqual(['recv start 0', 'recv error 0 ERR_SOCK_TIMEOUT', 'recv end 0 ERR_SOCK_TIMEOUT']);
  const waiting = rejection(left.recvExactly(5));
  right.destroy();
  await waiting;
  await left.closed;
  await turns(1);
  // Both follow from the same event, in either order.
  expect(notes.toSorted((a, b) => Number(a.startsWith('close')) - Number(b.startsWith('close')))).toEqual(['recv start 0', 'recv error 0 ERR_SOCK_RESET', 'recv end 0 ERR_SOCK_RESET', 'close start reset ERR_SOCK_RESET', 'close error reset ERR_SOCK_RESET', 'close end reset ERR_SOCK_RESET']);
});

test('iteration, the end and a reader are seen as well', async () => {
  const [left, right] = memoryPair();
  const { observer, notes } = recording();
  observe(right, { name: 'receives', recv: observer.recv });
  await left.send(bytes('one\ntwo\n'));
  await turns(1);
  const lines = reader(right);
  expect(text(await lines.until(bytes('\n')))).toContain('one');
  expect(notes.splice(0)).toEqual(['recv start 8', 'recv end 8']);
  expect(text(await lines.until(bytes('\n')))).toContain('two');
  lines.release();
  expect(notes).toEqual([]);
  await left.send(bytes('three'));
  await left.shutdown();
  for await (const chunk of right) expect(text(chunk)).toBe('three');
  expect(notes).toEqual(['recv start 0', 'recv end 5', 'recv start 0', 'recv end 0']);
  await Promise.all([left.close(), right.close()]);
});

test('the close is told once, with the whole of what was moved, whoever closes', async () => {
  const [left, right] = memoryPair();
  const { observer, notes, last } = recording();
  observe(left, { name: 'closes', close: observer.close });
  await left.send(bytes('hello'));
  void right.send(bytes('hi'));
  await left.recv();
  await Promise.all([left.close(), right.close()]);
  await turns(1);
  expect(notes).toEqual(['close start local', 'close end local']);
  expect(last()).toMatchObject({ bytesSent: 5, bytesReceived: 2, reason: { how: 'local' }, error: undefined });
  expect(last().durationMs).toBeGreaterThan(0);
});

test('an upgrade is a handshake, and the socket above it is observed in place of the one below', async () => {
  const [left, right] = memoryPair();
  const { observer, notes, last } = recording();
  observe(left, observer);
  const above = await left.upgrade(through, 'target');
  expect(notes.splice(0)).toEqual(['handshake start layer', 'handshake end layer']);
  expect(last()).toMatchObject({ target: 'target', socket: above, endpoint: { memory: 'pair-b' } });
  await above.send(bytes('hello'));
  right.destroy();
  await above.closed;
  await turns(1);
  expect(notes).toEqual(['send start 5', 'send end 5', 'close start reset ERR_SOCK_RESET', 'close error reset ERR_SOCK_RESET', 'close end reset ERR_SOCK_RESET']);
});

test('an upgrade that fails is told, and the socket below tells the close', async () => {
  const [left] = memoryPair();
  const { observer, notes } = recording();
  observe(left, observer);
  const broken = { ...through, upgrade: () => Promise.reject(Object.assign(new Error('no'), { code: 'ERR_NO' })) };
  await rejection(left.upgrade(broken));
  await left.closed;
  await turns(1);
  expect(notes).toEqual(['handshake start layer', 'handshake error layer ERR_NO', 'handshake end layer ERR_NO', 'close start error ERR_NO', 'close error error ERR_NO', 'close end error ERR_NO']);
});

test('what a watcher throws is dropped, and around holds a store during the call', async () => {
  const [left, right] = memoryPair();
  const fails = (): never => {
    throw new Error('mine');
  };
  const around = vi.fn<() => void>();
  observe(left, { name: 'bad', send: { start: fails, error: fails, end: fails, around: (_, work) => (around(), work()) } });
  await left.send(bytes('hello'));
  await left.send(pattern(20_000));
  expect(around).toHaveBeenCalledTimes(2);
  expect((await right.recvExactly(20_005)).length).toBe(20_005);
  left.destroy();
});

test('while it is not enabled nothing is told, and it is asked each time', async () => {
  const [left, right] = memoryPair();
  const { observer, notes } = recording();
  let enabled = false;
  const asking = { enabled: () => enabled };
  observe(left, { name: 'switch', send: { ...observer.send, ...asking }, recv: { ...observer.recv, ...asking } });
  await left.send(bytes('a'));
  enabled = true;
  await left.send(bytes('b'));
  void right.send(bytes('c'));
  await left.recv();
  enabled = false;
  await left.send(pattern(20_000), { owned: true });
  expect(notes).toEqual(['send start 1', 'send end 1', 'recv start 0', 'recv end 1']);
  left.destroy();
});

test('observers of different names both see it, one of the same name sees it once', async () => {
  const [left] = memoryPair();
  const [first, second] = [recording('a'), recording('b')];
  observe(observe(observe(left, first.observer), second.observer), first.observer);
  await left.send(bytes('x'));
  const above = await left.upgrade(through);
  await above.send(bytes('yz'));
  for (const { notes } of [first, second]) expect(notes).toEqual(['send start 1', 'send end 1', 'handshake start layer', 'handshake end layer', 'send start 2', 'send end 2']);
  above.destroy();
});

test('only a Socket can be observed', () => {
  expect(() => observe({} as Socket, recording().observer)).toThrow(expect.objectContaining({ code: 'ERR_SOCK_ARGUMENT', message: expect.stringContaining('observe() needs a Socket') }));
});
