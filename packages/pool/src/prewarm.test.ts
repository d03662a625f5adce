import { leakGuard, rejection } from '@sock/testkit';
import { expect, test } from 'vitest';
import { settle } from './fake-clock.test-d.ts';
import { staging } from './stage.test-d.ts';

leakGuard();
const stage = staging();

test('opens so many as are wanting, those that are there included', async () => {
  const world = stage();
  await world.idle(2);
  const warming = world.pool.prewarm('a', { count: 5 });
  await world.clock.advance(0);
  expect(await warming).toEqual({ opened: 3, errors: [] });
  expect(world.pool.stats()).toMatchObject({ idle: 5, created: 5 });
  expect(await world.pool.prewarm('a', { count: 5 })).toEqual({ opened: 0, errors: [] });
  expect(world.pool.stats().dialled).toBe(5);
});

test.each([[0, 1], [4, 4]])('without a count it is minPerKey, which is %d, and at least one', async (minPerKey, opened) => {
  const world = stage({ minPerKey });
  const warming = world.pool.prewarm('a');
  await world.clock.advance(0);
  await warming;
  expect(world.pool.stats()).toMatchObject({ idle: opened });
});

test('one dial each stagger, however soon they succeed', async () => {
  const world = stage();
  const warming = world.pool.prewarm('a', { count: 3, stagger: '100ms' });
  await settle();
  expect(world.dialled).toHaveLength(1);
  await world.clock.advance(99);
  expect(world.dialled).toHaveLength(1);
  await world.clock.advance(1);
  expect(world.dialled).toHaveLength(2);
  await world.clock.advance(100);
  expect(await warming).toEqual({ opened: 3, errors: [] });
});

test('one dial each stagger, however long they take', async () => {
  const world = stage();
  world.server.slow = true;
  const warming = world.pool.prewarm('a', { count: 3, stagger: '100ms' });
  await world.clock.advance(150);
  expect(world.server.dialling).toBe(2);
  await world.clock.advance(100);
  expect(world.server.dialling).toBe(3);
  world.server.open();
  await world.clock.advance(0);
  expect(await warming).toEqual({ opened: 3, errors: [] });
});

test('what fails is told, and the others are opened all the same', async () => {
  const world = stage({ health: { backoffBase: '10ms' } });
  let dials = 0;
  world.server.away = () => ((dials += 1) === 2 ? new Error('the second one') : undefined);
  const warming = world.pool.prewarm('a', { count: 3 });
  await world.clock.advance(0);
  expect(await warming).toEqual({ opened: 2, errors: [expect.objectContaining({ message: 'the second one' })] });
  expect(world.idles).toBe(2);
});

test('failFast rejects with the first failure, and dials no more', async () => {
  const world = stage();
  world.server.away = true;
  const warming = world.pool.prewarm('a', { count: 9, stagger: '1s', failFast: true });
  await expect(warming).rejects.toMatchObject({ code: 'ERR_SOCK_REFUSED' });
  await world.clock.advance(20_000);
  expect(world.dialled).toHaveLength(1);
});

test('when nothing can be dialled any more it answers with what there was', async () => {
  const world = stage({ health: { consecutiveFailures: 2 } });
  world.server.away = true;
  const warming = world.pool.prewarm('a', { count: 20 });
  await world.clock.advance(0);
  const { opened, errors } = await warming;
  expect(opened).toBe(0);
  expect(errors.length).toBeGreaterThanOrEqual(2);
  expect(errors.length).toBeLessThanOrEqual(9);
  // It says why there were no more.
  expect(errors.at(-1)).toMatchObject({ code: 'ERR_SOCK_POOL_CIRCUIT_OPEN' });
  expect((await rejection(world.pool.prewarm('a', { count: 20, failFast: true }))).message).toContain('is left alone for');
});

test('it waits until a dial may be tried again, and until the pool lends again', async () => {
  const world = stage({ health: { backoffBase: '2s', backoffMax: '2s' } });
  world.server.away = true;
  await rejection(world.lease());
  world.server.away = false;
  const warming = world.pool.prewarm('a');
  await world.clock.advance(999);
  expect(world.dialled).toHaveLength(1);
  await world.clock.advance(1);
  expect(await warming).toEqual({ opened: 1, errors: [] });
  world.pool.suspend();
  const later = world.pool.prewarm('a', { count: 2 });
  await world.clock.advance(5000);
  expect(world.dialled).toHaveLength(2);
  world.pool.resume();
  await world.clock.advance(0);
  expect(await later).toEqual({ opened: 1, errors: [] });
});

test('endpoints() that throws is why there are none', async () => {
  let fault: Error | undefined;
  const world = stage({ endpoints: (target) => {
    if (fault !== undefined) throw fault;
    return [target];
  } });
  await world.idle();
  fault = new Error('no names today');
  expect(await world.pool.prewarm('a', { count: 2 })).toEqual({ opened: 0, errors: [fault] });
  expect(await rejection(world.pool.prewarm('a', { count: 2, failFast: true }))).toBe(fault);
});

test('it keeps to the limits', async () => {
  const world = stage({ maxPerKey: 6, maxConnecting: 2 });
  world.server.slow = true;
  const warming = world.pool.prewarm('a', { count: 50 });
  let most = 0;
  for (let turn = 0; turn < 10; turn += 1) {
    await world.clock.advance(1);
    most = Math.max(most, world.server.dialling);
    world.server.open(1);
  }
  await world.clock.advance(1);
  expect(await warming).toEqual({ opened: 6, errors: [] });
  expect(most).toBe(2);
  expect(world.pool.stats()).toMatchObject({ idle: 6 });
});

test('its signal ends the waiting, and what is on its way still arrives', async () => {
  const world = stage();
  const stop = new AbortController();
  world.server.slow = true;
  const warming = world.pool.prewarm('a', { count: 2, stagger: '1s', signal: stop.signal });
  await settle();
  stop.abort(new Error('enough'));
  await expect(warming).rejects.toMatchObject({ code: 'ERR_SOCK_ABORTED', cause: { message: 'enough' } });
  await world.clock.advance(5000);
  world.server.open();
  await settle();
  expect(world.pool.stats()).toMatchObject({ idle: 1, dialled: 1 });
});

test('a signal that has fired dials nothing', async () => {
  const world = stage();
  await expect(world.pool.prewarm('a', { count: 2, signal: AbortSignal.abort() })).rejects.toMatchObject({ code: 'ERR_SOCK_ABORTED' });
  expect(world.dialled).toEqual([]);
});

test.each([-1, 1.5, Number.NaN])('a count of %d is refused', async (count) => {
  const world = stage();
  await expect(world.pool.prewarm('a', { count })).rejects.toMatchObject({ code: 'ERR_SOCK_POOL_ARGUMENT', message: expect.stringContaining('whole number from 0 on') });
});

test('with coalesceFirst the first one goes alone', async () => {
  const world = stage({ coalesceFirst: true });
  world.server.slow = true;
  const warming = world.pool.prewarm('a', { count: 5 });
  await world.clock.advance(10);
  expect(world.server.dialling).toBe(1);
  world.server.open();
  await world.clock.advance(10);
  expect(world.server.dialling).toBe(4);
  world.server.open();
  await world.clock.advance(10);
  expect(await warming).toEqual({ opened: 5, errors: [] });
});

test('with coalesceFirst a first one that fails is followed by another one alone', async () => {
  const world = stage({ coalesceFirst: true, health: false });
  world.server.slow = true;
  world.server.away = true;
  const warming = world.pool.prewarm('a', { count: 3 });
  await settle();
  world.server.open();
  await world.clock.advance(1);
  expect(world.server.dialling).toBe(1);
  world.server.away = false;
  world.server.open();
  await world.clock.advance(1);
  world.server.open();
  await world.clock.advance(1);
  expect(await warming).toMatchObject({ opened: 2, errors: [{ code: 'ERR_SOCK_REFUSED' }] });
});

test('a drain ends it: it dials no more, and rejects', async () => {
  const world = stage();
  const warming = world.pool.prewarm('a', { count: 5, stagger: '1s' });
  const rejected = rejection(warming);
  await settle();
  await world.pool.close();
  expect(await rejected).toMatchObject({ code: 'ERR_SOCK_POOL_CLOSED' });
  expect(world.clock.timers).toBe(0);
  expect(world.dialled).toHaveLength(1);
});

test('a drain ends it also while its dials are on their way', async () => {
  const world = stage();
  world.server.slow = true;
  const rejected = rejection(world.pool.prewarm('a', { count: 20 }));
  await settle();
  await world.pool.close();
  expect(await rejected).toMatchObject({ code: 'ERR_SOCK_POOL_CLOSED' });
  expect(world.server.dialling).toBe(0);
  expect(world.dialled).toHaveLength(8);
});

test('of a pool that is closed it is refused', async () => {
  const world = stage();
  await world.pool.close();
  await expect(world.pool.prewarm('a')).rejects.toMatchObject({ code: 'ERR_SOCK_POOL_CLOSED' });
});

test('why there are no more is told once, however many dials were under way', async () => {
  const world = stage({ health: { consecutiveFailures: 1 } });
  world.server.away = true;
  world.server.slow = true;
  const warming = world.pool.prewarm('a', { count: 12 });
  for (let turn = 0; turn < 8; turn += 1) {
    await world.clock.advance(1);
    world.server.open(1);
  }
  await world.clock.advance(1);
  const codes = (await warming).errors.map((error) => (error as { code: string }).code);
  expect(codes.filter((code) => code === 'ERR_SOCK_POOL_CIRCUIT_OPEN')).toHaveLength(1);
  expect(codes).toHaveLength(9);
});
