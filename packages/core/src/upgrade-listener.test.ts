import { leakGuard, rejection, turns, until } from '@sock/testkit';
import { describe, expect, test, vi } from 'vitest';
import { AcceptQueue } from './accept-queue.ts';
import type { Cancel, Listener, Upgrade } from './connector.ts';
import type { Endpoint } from './endpoint.ts';
import { memoryPair } from './memory.ts';
import { Socket } from './socket.ts';
import type { CloseReason } from './transport.ts';
import { upgradeListener } from './upgrade-listener.ts';

leakGuard();

const endpoint = { memory: 'listener' };

/** A listener whose connections are made by the test. */
class Door implements Listener {
  readonly endpoint: Endpoint = endpoint;
  readonly closed: Promise<CloseReason>;
  readonly queue = new AcceptQueue<Socket>(1000, () => endpoint);
  #close!: (reason: CloseReason) => void;
  /** Thrown by the iteration, in place of its next connection. */
  broken: Error | undefined;

  constructor() {
    this.closed = new Promise((resolve) => (this.#close = resolve));
  }

  /** A peer arrives; this is its side. */
  knock(): Socket {
    const [peer, accepted] = memoryPair({ lingerTimeout: 0 });
    this.queue.offer(accepted);
    return peer;
  }

  accept(options?: Cancel): Promise<Socket> {
    return this.queue.accept(options);
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Socket, undefined> {
    for await (const socket of this.queue) {
      if (this.broken !== undefined) throw this.broken;
      yield socket;
    }
    return undefined;
  }

  async close(): Promise<void> {
    this.destroy();
    await this.closed;
  }

  destroy(cause?: unknown): void {
    for (const socket of this.queue.close()) socket.destroy();
    this.#close(cause === undefined ? { how: 'local' } : { how: 'error', cause });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }
}

type Started = { readonly socket: Socket; readonly cancel: Cancel | undefined; finish(): void; fail(error: unknown): void };

/** An upgrade that finishes when the test says so. */
function manual(heedsSignal = true): { upgrade: Upgrade<Endpoint | undefined>; started: Started[] } {
  const started: Started[] = [];
  const upgrade: Upgrade<Endpoint | undefined> = {
    name: 'manual',
    key: () => '',
    upgrade: async (socket, _, cancel) => {
      const { transport, unread } = await socket.detach();
      await new Promise<void>((finish, fail) => {
        started.push({ socket, cancel, finish, fail });
        if (heedsSignal) cancel?.signal?.addEventListener('abort', () => fail(cancel.signal?.reason));
      });
      return new Socket(transport, { unread });
    },
  };
  return { upgrade, started };
}

test('connections come in the order in which their upgrades finish: a slow one holds up nobody', async () => {
  const door = new Door();
  const { upgrade, started } = manual();
  await using listener = upgradeListener(door, upgrade);
  const peers = [door.knock(), door.knock()];
  await until(() => started.length === 2, 'both upgrades run');
  expect(listener.pending).toBe(2);
  started[1]?.finish();
  const first = await listener.accept();
  expect(first.remote).toEqual(peers[1]?.local);
  started[0]?.finish();
  const second = await listener.accept();
  expect([listener.pending, listener.failed]).toEqual([0, 0]);
  for (const socket of [first, second, ...peers]) socket.destroy();
});

test('a failed upgrade ends that connection alone, is counted and told of', async () => {
  const door = new Door();
  const { upgrade, started } = manual();
  const onUpgradeError = vi.fn<(error: unknown, socket: Socket) => void>();
  await using listener = upgradeListener(door, upgrade, { onUpgradeError });
  const [bad, good] = [door.knock(), door.knock()];
  await until(() => started.length === 2, 'both upgrades run');
  const failure = new Error('no handshake');
  started[0]?.fail(failure);
  expect((await bad.closed).how).toBe('reset');
  await until(() => listener.failed === 1, 'the failure is counted');
  expect(onUpgradeError).toHaveBeenCalledWith(failure, started[0]?.socket);
  started[1]?.finish();
  const socket = await listener.accept();
  socket.destroy();
  good.destroy();
});

test('an onUpgradeError that throws neither stops the listener nor ends the process', async () => {
  const door = new Door();
  const { upgrade, started } = manual();
  const unhandled = vi.fn<() => void>();
  process.on('unhandledRejection', unhandled);
  await using listener = upgradeListener(door, upgrade, {
    maxPending: 1,
    onUpgradeError: () => {
      throw new Error('a fault in the log');
    },
  });
  const bad = door.knock();
  await until(() => started.length === 1, 'the upgrade runs');
  started[0]?.fail(new Error('x'));
  await bad.closed;
  const good = door.knock();
  await until(() => started.length === 2, 'the next upgrade runs');
  started[1]?.finish();
  (await listener.accept()).destroy();
  await turns(2);
  process.off('unhandledRejection', unhandled);
  expect(unhandled).not.toHaveBeenCalled();
  expect([listener.failed, listener.pending]).toEqual([1, 0]);
  good.destroy();
});

test('each upgrade has its own time-out, which is the option', async () => {
  const door = new Door();
  const { upgrade, started } = manual();
  await using _listener = upgradeListener(door, upgrade, { timeout: '3s' });
  const peer = door.knock();
  await until(() => started.length === 1, 'the upgrade runs');
  expect(started[0]?.cancel?.timeout).toBe('3s');
  peer.destroy();
});

describe('maxPending', () => {
  test('bounds upgrades under way and connections that wait to be accepted, together', async () => {
    const door = new Door();
    const { upgrade, started } = manual();
    await using listener = upgradeListener(door, upgrade, { maxPending: 3 });
    const peers = Array.from({ length: 8 }, () => door.knock());
    await turns(10);
    expect([started.length, listener.pending]).toEqual([3, 3]);
    // The others stay with the listener below, which has a limit of its own; one may be in hand.
    expect(door.queue.length).toBeGreaterThanOrEqual(4);
    // Finished, but not accepted: it still counts.
    started[0]?.finish();
    await turns(10);
    expect([started.length, listener.pending]).toEqual([3, 2]);
    const sockets = [await listener.accept()];
    await until(() => started.length === 4, 'the next one is taken');
    started[1]?.fail(new Error('x'));
    await until(() => started.length === 5, 'a failure makes room as well');
    for (let index = 2; sockets.length < 7; index += 1) {
      await until(() => started.length > index, 'the rest comes through');
      started[index]?.finish();
      sockets.push(await listener.accept());
    }
    for (const socket of [...sockets, ...peers]) socket.destroy();
  });

  test('one at a time works through iteration too', async () => {
    const door = new Door();
    const { upgrade, started } = manual();
    const listener = upgradeListener(door, upgrade, { maxPending: 1 });
    const peers = Array.from({ length: 4 }, () => door.knock());
    let served = 0;
    const serving = (async () => {
      for await (const socket of listener) {
        served += 1;
        socket.destroy();
      }
    })();
    for (let index = 0; index < 4; index += 1) {
      await until(() => started.length === index + 1, 'the next upgrade runs');
      expect(listener.pending).toBe(1);
      started[index]?.finish();
    }
    await until(() => served === 4, 'all were served');
    await listener.close();
    await serving;
    for (const peer of peers) peer.destroy();
  });

  test.each([0, -1, 1.5, Number.NaN])('%d is refused', (maxPending) => {
    expect(() => upgradeListener(new Door(), manual().upgrade, { maxPending })).toThrow(/maxPending got .*from 1 on/);
  });
});

describe('patience', () => {
  test('breaks off the oldest upgrade when its time is up and another connection waits for its place', async () => {
    const door = new Door();
    const { upgrade, started } = manual();
    const errors: unknown[] = [];
    await using listener = upgradeListener(door, upgrade, { maxPending: 2, patience: '30ms', onUpgradeError: (error) => errors.push(error) });
    const peers = [door.knock(), door.knock(), door.knock()];
    await until(() => started.length === 3, 'the third has a place');
    expect((await (peers[0] as Socket).closed).how).toBe('reset');
    expect(errors).toMatchObject([{ code: 'ERR_SOCK_LIMIT', phase: 'upgrade', category: 'limit' }]);
    expect(listener.pending).toBe(2);
    started[2]?.finish();
    (await listener.accept()).destroy();
    for (const peer of peers) peer.destroy();
  });

  test('hurries nobody while there are places', async () => {
    const door = new Door();
    const { upgrade, started } = manual();
    await using listener = upgradeListener(door, upgrade, { maxPending: 3, patience: 1 });
    const peers = [door.knock(), door.knock()];
    await until(() => started.length === 2, 'both run');
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect([listener.pending, listener.failed]).toEqual([2, 0]);
    for (const peer of peers) peer.destroy();
  });
});

describe('close', () => {
  test('ends upgrades that are under way, and counts none of them as failed', async () => {
    const door = new Door();
    const { upgrade, started } = manual();
    const onUpgradeError = vi.fn<(error: unknown, socket: Socket) => void>();
    const listener = upgradeListener(door, upgrade, { onUpgradeError });
    const peers = [door.knock(), door.knock()];
    await until(() => started.length === 2, 'both upgrades run');
    await listener.close();
    for (const peer of peers) expect((await peer.closed).how).toBe('reset');
    expect([listener.pending, listener.failed]).toEqual([0, 0]);
    expect(onUpgradeError).not.toHaveBeenCalled();
    expect(await listener.closed).toEqual({ how: 'local' });
    expect((await rejection(listener.accept())).code).toBe('ERR_SOCK_CLOSED');
  });

  test('destroys the socket of an upgrade that finishes all the same', async () => {
    const door = new Door();
    const { upgrade, started } = manual(false);
    const listener = upgradeListener(door, upgrade);
    const peer = door.knock();
    await until(() => started.length === 1, 'the upgrade runs');
    await listener.close();
    started[0]?.finish();
    expect((await peer.closed).how).toBe('reset');
  });

  test('destroys what was ready and not accepted, and ends a waiting accept and an iteration', async () => {
    const door = new Door();
    const { upgrade, started } = manual();
    const listener = upgradeListener(door, upgrade);
    const peer = door.knock();
    await until(() => started.length === 1, 'the upgrade runs');
    started[0]?.finish();
    await until(() => listener.pending === 0, 'it is ready');
    listener.destroy(new Error('over'));
    expect((await peer.closed).how).toBe('reset');
    expect((await listener.closed).how).toBe('error');
    for await (const _ of listener) expect.fail('nothing may come any more');
    const other = upgradeListener(new Door(), upgrade);
    const waiting = rejection(other.accept());
    await other.close();
    expect((await waiting).code).toBe('ERR_SOCK_CLOSED');
  });

  test('of the listener below ends this one', async () => {
    const door = new Door();
    const listener = upgradeListener(door, manual().upgrade);
    const waiting = rejection(listener.accept());
    await door.close();
    expect((await waiting).code).toBe('ERR_SOCK_CLOSED');
    expect(listener.endpoint).toBe(endpoint);
  });

  test('a listener below that breaks is told through closed, and ends no process', async () => {
    const door = new Door();
    const listener = upgradeListener(door, manual().upgrade);
    door.broken = new Error('the door broke');
    const peer = door.knock();
    expect(await listener.closed).toEqual({ how: 'error', cause: door.broken });
    expect((await rejection(listener.accept())).code).toBe('ERR_SOCK_CLOSED');
    peer.destroy();
  });
});
