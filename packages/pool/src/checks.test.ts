import { leakGuard } from '@sock/testkit';
import { describe, expect, test } from 'vitest';
import { settle } from './fake-clock.test-d.ts';
import type { PooledConnection, PoolOptions } from './index.ts';
import { staging } from './stage.test-d.ts';

leakGuard();
const stage = staging();

type Hook = NonNullable<PoolOptions<string, undefined>['validate']>;

/** A hook that writes down whom it saw, and answers what is to be answered next. */
function hook(...answers: (() => unknown)[]): { readonly run: Hook; readonly saw: number[] } {
  const saw: number[] = [];
  return { saw, run: (connection) => (saw.push(connection.id), answers.shift()?.()) };
}

const never = (): Promise<never> => new Promise(() => {});
const fails = (): never => {
  throw new Error('no such session');
};

describe('validate', () => {
  test('looks only at a connection that was idle for longer than validateAfter', async () => {
    const looking = hook();
    const world = stage({ validate: looking.run, validateAfter: '1s' });
    await world.idle();
    await world.clock.advance(1000);
    (await world.lease()).release();
    expect(looking.saw).toEqual([]);
    await world.clock.advance(1001);
    const lease = await world.lease();
    expect(looking.saw).toEqual([1]);
    expect(lease.reused).toBe(true);
    lease.release();
    expect(world.pool.stats()).toMatchObject({ checks: 1, evicted: { unfit: 0 } });
  });

  test('validateAfter of 0 looks each time, and never at a new connection', async () => {
    const looking = hook();
    const world = stage({ validate: looking.run, validateAfter: 0 });
    await world.idle();
    expect(looking.saw).toEqual([]);
    await world.clock.advance(1);
    await world.idle();
    expect(looking.saw).toEqual([1]);
  });

  test.each<[string, () => unknown, string]>([
    ['answers false', () => false, 'validate() of connection 1 to memory a answered false'],
    ['throws', fails, 'validate() of connection 1 to memory a failed: no such session'],
    ['rejects', () => Promise.reject(new Error('gone away')), 'validate() of connection 1 to memory a failed: gone away'],
  ])('one that %s is unfit, and whoever waits gets another one', async (_, answer, message) => {
    const world = stage({ validate: hook(answer).run });
    await world.idle();
    await world.clock.advance(2000);
    const lease = await world.lease();
    expect([lease.id, lease.reused]).toEqual([2, false]);
    expect(world.gone).toEqual({ unfit: 1 });
    const evicted = world.told.find(({ name }) => name === 'evicted');
    expect(evicted?.event).toMatchObject({ connection: 1, reason: 'unfit', cause: { code: 'ERR_SOCK_POOL_VALIDATE', message } });
    expect(await world.sockets[0]?.closed).toMatchObject({ how: 'error' });
    lease.release();
  });

  test.each<[string, unknown]>([['nothing', undefined], ['true', true], ['0, which is not false', 0]])('one that answers %s is fit', async (_, answer) => {
    const world = stage({ validate: () => answer });
    await world.idle();
    await world.clock.advance(2000);
    const lease = await world.lease();
    expect(lease.id).toBe(1);
    lease.release();
  });

  test('an idle one that is unfit costs the others nothing: the next idle one is looked at', async () => {
    const looking = hook(() => false, () => false);
    const world = stage({ validate: looking.run });
    await world.idle(3);
    await world.clock.advance(2000);
    const lease = await world.lease();
    expect(looking.saw).toHaveLength(3);
    expect(lease.reused).toBe(true);
    expect(world.pool.stats()).toMatchObject({ created: 3, evicted: { unfit: 2 } });
    lease.release();
  });

  test('a hook that ignores its signal is left behind after checkTimeout', async () => {
    let signal: AbortSignal | undefined;
    const world = stage({ validate: (_, cancel) => ((signal = cancel.signal), never()), checkTimeout: '5s', acquireTimeout: '1m' });
    await world.idle();
    await world.clock.advance(2000);
    const lease = world.pool.acquire('a');
    await world.clock.advance(4999);
    expect(world.pool.stats()).toMatchObject({ checking: 1, waiting: 1 });
    expect(signal?.aborted).toBe(false);
    await world.clock.advance(100);
    expect(signal?.aborted).toBe(true);
    expect((await lease).id).toBe(2);
    expect(world.told.find(({ name }) => name === 'evicted')?.event).toMatchObject({
      reason: 'unfit', cause: { message: 'validate() of connection 1 to memory a did not answer within 5000 ms (checkTimeout)' },
    });
    (await lease).release();
  });

  test('a caller that goes meanwhile leaves a connection that is idle again', async () => {
    let answer: () => void = () => {};
    const world = stage({ validate: () => new Promise<void>((resolve) => (answer = resolve)) });
    await world.idle();
    await world.clock.advance(2000);
    const stop = new AbortController();
    const lease = world.pool.acquire('a', { signal: stop.signal });
    stop.abort();
    await expect(lease).rejects.toMatchObject({ code: 'ERR_SOCK_ABORTED' });
    expect(world.pool.stats()).toMatchObject({ checking: 1, waiting: 0 });
    answer();
    await settle();
    expect(world.pool.stats()).toMatchObject({ idle: 1, checking: 0 });
  });

  test.each<[string, object, string]>([
    ['a timeout of 0', { timeout: 0 }, 'ERR_SOCK_POOL_TIMEOUT'],
    ['a priority that is none', { priority: Number.NaN }, 'ERR_SOCK_POOL_ARGUMENT'],
    ['a signal that is none', { signal: {} }, 'ERR_SOCK_POOL_ARGUMENT'],
    ['a timeout that is none', { timeout: 'soon' }, 'ERR_SOCK_CONFIG'],
  ])('a call with %s that is refused takes no connection along', async (_, options, code) => {
    const world = stage({ validate: () => true });
    await world.idle();
    await world.clock.advance(2000);
    await expect(world.pool.acquire('a', options)).rejects.toMatchObject({ code });
    await settle();
    expect(world.pool.stats()).toMatchObject({ idle: 1, leased: 0 });
  });

  test('it may use the socket and the data', async () => {
    const world = stage<{ name: string }>({
      prepare: () => ({ name: 'new' }),
      validate: async (connection) => {
        await connection.socket.send(new Uint8Array(1));
        connection.data.name = `${connection.target} ${connection.id} ${connection.uses}`;
      },
    });
    await world.idle();
    await world.clock.advance(2000);
    const lease = await world.lease();
    expect(lease.data).toEqual({ name: 'a 1 1' });
    lease.release();
  });
});

describe('ping', () => {
  test('keeps an idle connection in use every pingInterval', async () => {
    const pinging = hook();
    const world = stage({ ping: pinging.run, pingInterval: '15s', idleTimeout: '1h' });
    await world.idle();
    await world.clock.advance(14_999);
    expect(pinging.saw).toEqual([]);
    await world.clock.advance(1);
    expect(pinging.saw).toEqual([1]);
    await world.clock.advance(15_000);
    expect(pinging.saw).toEqual([1, 1]);
    expect(world.pool.stats()).toMatchObject({ idle: 1, checks: 2 });
  });

  test('a connection that was used meanwhile is pinged later', async () => {
    const pinging = hook();
    const world = stage({ ping: pinging.run, pingInterval: '15s', idleTimeout: '1h' });
    await world.idle();
    await world.clock.advance(10_000);
    await world.idle();
    await world.clock.advance(14_000);
    expect(pinging.saw).toEqual([]);
    await world.clock.advance(1000);
    expect(pinging.saw).toEqual([1]);
  });

  test('does not make the idle time longer', async () => {
    const pinging = hook();
    const world = stage({ ping: pinging.run, pingInterval: '10s', idleTimeout: '35s' });
    await world.idle();
    await world.clock.advance(34_999);
    expect(pinging.saw).toEqual([1, 1, 1]);
    await world.clock.advance(1);
    expect(world.gone).toEqual({ idle: 1 });
  });

  test('does not change which connection is used next', async () => {
    const world = stage({ ping: ({ id }) => (id === 1 ? settle() : undefined), pingInterval: '10s', idleTimeout: '1m' });
    for (const lease of [await world.lease(), await world.lease(), await world.lease()]) {
      lease.release();
      await world.clock.advance(1);
    }
    await world.clock.advance(10_000);
    await settle();
    expect(world.pool.stats()).toMatchObject({ idle: 3, checks: 3 });
    const leases = [await world.lease(), await world.lease(), await world.lease()];
    expect(leases.map(({ id }) => id)).toEqual([3, 2, 1]);
    for (const lease of leases) lease.release();
  });

  test('one that fails is unfit', async () => {
    const world = stage({ ping: fails, pingInterval: '15s', idleTimeout: '1h' });
    await world.idle(2);
    await world.clock.advance(15_000);
    expect(world.gone).toEqual({ unfit: 2 });
    expect(world.told.find(({ name }) => name === 'evicted')?.event).toMatchObject({ cause: { message: 'ping() of connection 1 to memory a failed: no such session' } });
  });

  test('a connection that is pinged is lent to nobody, and serves who came meanwhile', async () => {
    let answer: () => void = () => {};
    const world = stage({ ping: () => new Promise<void>((resolve) => (answer = resolve)), pingInterval: '15s', idleTimeout: '1h', maxPerKey: 1 });
    await world.idle();
    await world.clock.advance(15_000);
    let got: number | undefined;
    const lease = world.pool.acquire('a').then((each) => ((got = each.id), each));
    await settle();
    expect(got).toBeUndefined();
    answer();
    await settle();
    expect(got).toBe(1);
    (await lease).release();
  });

  test('one that never answers is left behind after checkTimeout', async () => {
    const world = stage({ ping: never, pingInterval: '15s', checkTimeout: '1s', idleTimeout: '1h' });
    await world.idle();
    await world.clock.advance(15_999);
    expect(world.pool.stats()).toMatchObject({ checking: 1 });
    await world.clock.advance(100);
    expect(world.gone).toEqual({ unfit: 1 });
  });
});

describe('reset', () => {
  test('runs after each release, and the connection is not lent meanwhile', async () => {
    const answers: (() => void)[] = [];
    const world = stage({ reset: () => new Promise<void>((resolve) => void answers.push(resolve)), maxPerKey: 1 });
    const first = await world.lease();
    first.release();
    expect(world.pool.stats()).toMatchObject({ checking: 1, idle: 0, leased: 0, checks: 1 });
    let got = false;
    const second = world.pool.acquire('a').then((lease) => ((got = true), lease));
    await settle();
    expect(got).toBe(false);
    answers.shift()?.();
    expect((await second).reused).toBe(true);
    (await second).release();
    answers.shift()?.();
    await settle();
    expect(world.pool.stats()).toMatchObject({ idle: 1, checks: 2 });
  });

  test('one that rejects is unfit, and whoever waits gets another one', async () => {
    const world = stage({ reset: () => Promise.reject(new Error('ROLLBACK failed')), maxPerKey: 1 });
    const first = await world.lease();
    const second = world.pool.acquire('a');
    first.release();
    await settle();
    expect((await second).id).toBe(2);
    expect(world.gone).toEqual({ unfit: 1 });
    expect(world.told.find(({ name }) => name === 'evicted')?.event).toMatchObject({ cause: { message: 'reset() of connection 1 to memory a failed: ROLLBACK failed' } });
    (await second).release();
    await settle();
  });

  test('sees the connection as it was leased', async () => {
    const seen: PooledConnection[] = [];
    const world = stage<string>({ prepare: (_, target) => `${target}!`, reset: (connection) => void seen.push(connection) });
    const lease = await world.lease();
    lease.data = 'changed';
    lease.release();
    await settle();
    expect(seen[0]).toMatchObject({ id: 1, uses: 1, target: 'a', data: 'changed' });
  });

  test('bytes that a reset leaves unread make the connection dirty', async () => {
    const world = stage({
      reset: async () => {
        await world.server.peers[0]?.send(new Uint8Array(3));
      },
    });
    (await world.lease()).release();
    await settle();
    expect(world.gone).toEqual({ dirty: 1 });
  });

  test('is not asked of what is discarded', async () => {
    const resetting = hook();
    const world = stage({ reset: resetting.run });
    (await world.lease()).discard();
    await settle();
    expect(resetting.saw).toEqual([]);
  });

  test('a hook that still runs when the pool is destroyed keeps no timer', async () => {
    const world = stage({ reset: never });
    (await world.lease()).release();
    expect(world.pool.stats().checking).toBe(1);
    world.pool.destroy();
    await settle();
    expect(world.clock.timers).toBe(0);
    expect(world.gone).toEqual({ forced: 1 });
  });
});
