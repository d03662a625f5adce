import { leakGuard } from '@sock/testkit';
import { expect, onTestFinished, test, vi } from 'vitest';
import { staging } from './stage.test-d.ts';

leakGuard();
const stage = staging();

test('minPerKey of many keys, more than maxIdle allows, does not make them dial in turns without end', async () => {
  const world = stage({ minPerKey: 1, maxIdle: 5, idleTimeout: '1h', maxLife: '1d', ping: () => true, pingInterval: '1s' });
  for (let key = 0; key < 10; key += 1) await world.idle(1, `key ${key}`);
  const dials = world.dialled.length;
  await world.clock.advance(600_000);
  expect([world.idles, world.dialled.length - dials]).toEqual([5, 0]);
});

test('a new key beyond maxKeys looks through all of them once in a while only', async () => {
  const world = stage({ maxKeys: 1000, max: 10 });
  for (let key = 0; key < 1000; key += 1) (await world.lease(`key ${key}`)).discard();
  const sorts = vi.spyOn(Array.prototype, 'toSorted');
  onTestFinished(() => sorts.mockRestore());
  for (let key = 0; key < 500; key += 1) (await world.lease(`new ${key}`)).discard();
  expect(sorts.mock.calls.length).toBeLessThan(5);
  expect(world.pool.stats().keys.map(({ key }) => key)).toEqual([...Array.from({ length: 500 }, (_, key) => `memory key ${500 + key}`), ...Array.from({ length: 500 }, (_, key) => `memory new ${key}`)]);
});
