import { getEventListeners } from 'node:events';
import { bytes, leakGuard, rejection, text, turns } from '@sock/testkit';
import { expect, test } from 'vitest';
import type { Cancel, Connector } from '../connector.ts';
import { SocketError } from '../errors.ts';
import { memoryPair } from '../memory.ts';
import type { Socket } from '../socket.ts';
import type { Clock } from '../timing/clock.ts';
import type { ReconnectChange, ReconnectOptions } from './reconnect-options.ts';
import { reconnecting } from './reconnecting.ts';
import { retryConnector } from './retry-connector.ts';

leakGuard();

const refused = (): SocketError => new SocketError('ERR_SOCK_RESET', 'nobody there', { phase: 'connect', category: 'reset', retryable: true });
const final = (): SocketError => new SocketError('ERR_SOCK_ENDPOINT', 'no such thing', { phase: 'connect', category: 'usage' });

/** A server in memory: each dial gives a new pair, or the next failure. */
class Server implements Connector<string> {
  readonly peers: Socket[] = [];
  readonly failures: (Error | undefined)[] = [];
  dials = 0;
  readonly key = (target: string): string => `memory ${target}`;
  readonly connect = async (_: string, cancel?: Cancel): Promise<Socket> => {
    cancel?.signal?.throwIfAborted();
    this.dials += 1;
    const failure = this.failures.shift();
    if (failure !== undefined) throw failure;
    const [here, there] = memoryPair();
    this.peers.push(there);
    return here;
  };

  get peer(): Socket {
    return this.peers.at(-1) as Socket;
  }
}

/** Time that passes only when told. Waits are asked for, and end at once when `waits` is false. */
class HandClock implements Clock {
  time = 0;
  readonly waits: number[] = [];
  readonly held: (() => void)[] = [];
  hold = false;
  readonly now = (): number => this.time;
  readonly after = (milliseconds: number, run: () => void): (() => void) => {
    this.waits.push(milliseconds);
    let cancelled = false;
    const fire = (): void => void (cancelled || run());
    if (this.hold) this.held.push(fire);
    else queueMicrotask(fire);
    return () => {
      cancelled = true;
      this.held.splice(0);
    };
  };
}

const steady = { backoff: { base: 100, jitter: 'none' } } as const satisfies ReconnectOptions;

test('a loop gets a new socket each time the connection is lost, and ends with close()', async () => {
  const server = new Server();
  const clock = new HandClock();
  const connection = reconnecting(server, 't', { clock });
  const heard: string[] = [];
  for await (const socket of connection) {
    const { peer } = server;
    void peer.send(bytes(`hello ${heard.length}`));
    heard.push(text(await socket.recv()));
    if (heard.length < 3) peer.destroy();
    else void Promise.all([connection.close(), peer.close()]);
    await socket.closed;
  }
  expect(heard).toEqual(['hello 0', 'hello 1', 'hello 2']);
  expect(server.dials).toBe(3);
  expect(connection.state).toBe('closed');
  expect(await connection.closed).toEqual({ how: 'local' });
});

test('states and events tell the whole story, in order', async () => {
  const server = new Server();
  const clock = new HandClock();
  server.failures.push(undefined, refused(), refused());
  const connection = reconnecting(server, 't', { clock, ...steady });
  const changes: ReconnectChange[] = [];
  const stop = connection.onState((change) => {
    expect(connection.state).toBe(change.state);
    changes.push(change);
  });
  expect([connection.state, connection.current]).toEqual(['connecting', undefined]);
  const first = await connection.socket();
  expect([connection.state, connection.current]).toEqual(['open', first]);
  server.peer.destroy();
  await first.closed;
  const second = await connection.socket();
  connection.destroy();
  stop();
  expect(changes.map(({ state }) => state)).toEqual(['open', 'waiting', 'connecting', 'waiting', 'connecting', 'waiting', 'connecting', 'open', 'closed']);
  expect(changes[1]).toMatchObject({ failures: 1, waitMs: 100, error: { code: 'ERR_SOCK_RESET' } });
  expect(changes[3]).toMatchObject({ failures: 2, waitMs: 200, error: { message: 'nobody there' } });
  expect(changes[7]).toEqual({ state: 'open', socket: second });
  expect(changes[8]).toEqual({ state: 'closed' });
});

test('the waits begin from the start only after a connection that lived for stableAfter', async () => {
  const server = new Server();
  const clock = new HandClock();
  const connection = reconnecting(server, 't', { clock, ...steady, stableAfter: '5s' });
  for (const livedMs of [0, 4999, 5000, 10, 5001]) {
    const socket = await connection.socket();
    clock.time += livedMs;
    server.peer.destroy();
    await socket.closed;
  }
  await connection.socket();
  expect(clock.waits).toEqual([100, 200, 100, 200, 100]);
  connection.destroy();
});

test('an error that is final ends it: the loop fails, and nothing is dialled any more', async () => {
  const server = new Server();
  const error = final();
  server.failures.push(refused(), error);
  const connection = reconnecting(server, 't', { clock: new HandClock() });
  const iterator = connection[Symbol.asyncIterator]();
  expect(await rejection(iterator.next() as Promise<unknown>)).toMatchObject({ code: 'ERR_SOCK_ENDPOINT', stopped: 'final', cause: error });
  expect(await iterator.next()).toEqual({ done: true, value: undefined });
  expect(await rejection(connection.socket())).toMatchObject({ code: 'ERR_SOCK_ENDPOINT' });
  expect(await connection.closed).toMatchObject({ how: 'error', cause: { code: 'ERR_SOCK_ENDPOINT' } });
  expect(server.dials).toBe(2);
});

test('attempts counts failures in a row, lost connections included', async () => {
  const server = new Server();
  server.failures.push(refused(), undefined, refused(), refused());
  const connection = reconnecting(server, 't', { clock: new HandClock(), attempts: 4 });
  const socket = await connection.socket();
  server.peer.destroy();
  await socket.closed;
  expect((await connection.closed).cause).toMatchObject({ stopped: 'attempts', message: expect.stringContaining('gave up after 2 attempts') });
  expect(server.dials).toBe(4);
});

test('timeout is the longest time without a connection', async () => {
  const server = new Server();
  const clock = new HandClock();
  clock.hold = true;
  const connection = reconnecting(server, 't', { clock, timeout: '1s', backoff: () => 1500 });
  const socket = await connection.socket();
  clock.time += 3_600_000;
  server.peer.destroy();
  await socket.closed;
  expect((await connection.closed).cause).toMatchObject({ stopped: 'budget', message: expect.stringContaining('the next one would begin in 1500 ms, and 1000 ms of the budget of 1000 ms are left') });
  expect(server.dials).toBe(1);
});

test('a refusal that comes after the handshake of a client is final; any other loss is not', async () => {
  const server = new Server();
  const connection = reconnecting(server, 't', { clock: new HandClock() });
  const first = await connection.socket();
  first.destroy(new SocketError('ERR_SOCK_MALFORMED', 'rubbish', { phase: 'recv', category: 'protocol' }));
  await first.closed;
  const second = await connection.socket();
  second.destroy(new SocketError('ERR_SOCK_TLS_HANDSHAKE', 'certificate required', { phase: 'handshake', category: 'trust' }));
  expect((await connection.closed).cause).toMatchObject({ message: 'certificate required' });
  const asked = reconnecting(server, 't', { clock: new HandClock(), reconnectIf: ({ how }) => how === 'reset' });
  (await asked.socket()).destroy();
  expect((await asked.closed).cause).toMatchObject({ code: 'ERR_SOCK_CLOSED', message: expect.stringContaining('the socket was closed here') });
});

test('close() during a wait or a dial ends it at once and leaves no timer', async () => {
  const server = new Server();
  server.failures.push(refused());
  const clock = new HandClock();
  clock.hold = true;
  const waiting = reconnecting(server, 't', { clock });
  await turns(1);
  expect([waiting.state, clock.held.length]).toEqual(['waiting', 1]);
  const next = rejection(waiting.socket());
  await waiting.close();
  expect(clock.held).toEqual([]);
  expect(await next).toMatchObject({ code: 'ERR_SOCK_CLOSED' });

  const told: AbortSignal[] = [];
  const hanging: Connector<string> = { key: server.key, connect: (_, cancel) => new Promise((_resolve, reject) => {
    told.push(cancel?.signal as AbortSignal);
    cancel?.signal?.addEventListener('abort', () => reject(new Error('stopped')));
  }) };
  const dialling = reconnecting(hanging, 't');
  await dialling.close();
  expect(told[0]?.aborted).toBe(true);
  expect(await dialling.closed).toEqual({ how: 'local' });
});

test('a socket that comes after the close is destroyed', async () => {
  const [here, there] = memoryPair();
  let arrive!: (socket: Socket) => void;
  const connection = reconnecting({ key: () => '', connect: () => new Promise((resolve) => (arrive = resolve)) }, 't');
  await connection.close();
  arrive(here);
  expect((await there.closed).how).toBe('reset');
});

test('the signal ends it with its reason, and its listener is gone after a close', async () => {
  const server = new Server();
  const stop = new AbortController();
  const connection = reconnecting(server, 't', { signal: stop.signal });
  await connection.socket();
  stop.abort('enough');
  expect(await connection.closed).toMatchObject({ how: 'error', cause: { code: 'ERR_SOCK_ABORTED', cause: 'enough' } });
  expect((await server.peer.closed).how).toBe('reset');
  const kept = new AbortController();
  const closing = reconnecting(server, 't', { signal: kept.signal });
  await closing.socket();
  expect(getEventListeners(kept.signal, 'abort')).toHaveLength(1);
  closing.destroy();
  expect(getEventListeners(kept.signal, 'abort')).toEqual([]);
  const never = reconnecting(server, 't', { signal: stop.signal });
  expect(never.state).toBe('closed');
  expect(server.dials).toBe(2);
});

test('close() closes the present socket gracefully', async () => {
  const server = new Server();
  const connection = reconnecting(server, 't');
  await (await connection.socket()).send(bytes('last words'));
  const closing = connection.close();
  expect(text(await server.peer.recv())).toBe('last words');
  expect(await server.peer.recv()).toBe(null);
  await server.peer.close();
  await closing;
  expect(await connection.closed).toEqual({ how: 'local' });
});

test('a wait for a socket takes a time-out of its own, which ends that wait alone', async () => {
  const clock = new HandClock();
  clock.hold = true;
  const server = new Server();
  server.failures.push(refused());
  const connection = reconnecting(server, 't', { clock });
  expect(await rejection(connection.socket({ timeout: 5 }))).toMatchObject({ code: 'ERR_SOCK_TIMEOUT', message: 'the next connection did not finish within 5 ms' });
  const next = connection.socket();
  for (const fire of clock.held) fire();
  expect(await next).toBe(connection.current);
  connection.destroy();
});

test('leaving a loop closes nothing, and two loops get the same socket', async () => {
  const server = new Server();
  const connection = reconnecting(server, 't');
  for await (const socket of connection) {
    expect(socket).toBe(connection.current);
    break;
  }
  for await (const socket of connection) {
    expect(socket).toBe(connection.current);
    break;
  }
  expect([connection.state, server.dials]).toEqual(['open', 1]);
  connection.destroy();
});

test('a listener that throws closes the whole with its error', async () => {
  const connection = reconnecting(new Server(), 't');
  connection.onState(() => {
    throw new TypeError('mine');
  });
  expect(await connection.closed).toMatchObject({ how: 'error', cause: { message: 'mine' } });
});

test('options are refused by their names', () => {
  expect(() => reconnecting(new Server(), 't', { stableAfter: 'soon' as never })).toThrow(/stableAfter: found "soon" in reconnecting\(\); allowed: a duration/);
  expect(() => reconnecting(new Server(), 't', { discard: () => {} } as ReconnectOptions)).toThrow(/discard: found an option that it does not have in reconnecting\(\)/);
});

test('retryConnector dials again under the key of the connector below', async () => {
  const server = new Server();
  server.failures.push(refused(), refused());
  const dial = retryConnector(server, { attempts: 3, backoff: () => 0 });
  expect(dial.key('x')).toBe('memory x');
  const socket = await dial.connect('x');
  expect(server.dials).toBe(3);
  socket.destroy();
  server.failures.push(refused(), refused(), refused());
  expect(await rejection(dial.connect('x'))).toMatchObject({ code: 'ERR_SOCK_RESET', stopped: 'attempts' });
  expect(() => retryConnector(server, { signal: AbortSignal.abort() } as never)).toThrow(/signal: found an option that it does not have in retryConnector\(\)/);
});

test('of the budget of a dial and that of retryConnector the shorter one counts; what comes late is destroyed', async () => {
  const [here, there] = memoryPair();
  let arrive!: (socket: Socket) => void;
  const told: (Cancel | undefined)[] = [];
  const slow: Connector<string> = { key: () => '', connect: (_, cancel) => new Promise((resolve) => {
    told.push(cancel);
    arrive = resolve;
  }) };
  expect(await rejection(retryConnector(slow, { timeout: '1h' }).connect('x', { timeout: 20 }))).toMatchObject({ code: 'ERR_SOCK_TIMEOUT', stopped: 'budget' });
  expect(told[0]?.timeout).toBeLessThanOrEqual(20);
  arrive(here);
  expect((await there.closed).how).toBe('reset');
  expect(await rejection(retryConnector(slow, { timeout: 20 }).connect('x', { timeout: '1h' }))).toMatchObject({ code: 'ERR_SOCK_TIMEOUT' });
});
