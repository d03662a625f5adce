import { leakGuard } from '@sock/testkit';
import { describe, expect, test } from 'vitest';
import { worlds } from './acquire-world.test-d.ts';

leakGuard();
const world = worlds();

describe('a time-out in a turn in which the program works for long', () => {
  test('counts from the call on, not from the beginning of the turn', async () => {
    const { pool, clock, call } = world({ maxPerKey: 1 });
    const held = await pool.acquire('a');
    call('a');
    const other = call('a', { timeout: 60 });
    held.release();
    clock.work(300);
    const late = call('a', { timeout: 200 });
    await clock.advance(199);
    expect([other.error, late.error]).toMatchObject([{ code: 'ERR_SOCK_POOL_TIMEOUT' }, undefined]);
    await clock.advance(1);
    expect(late.error).toMatchObject({ code: 'ERR_SOCK_POOL_TIMEOUT' });
  });

  test('ends no later for it', async () => {
    const { pool, clock, call } = world({ maxPerKey: 1 });
    await pool.acquire('a');
    const elsewhere = await pool.acquire('b');
    clock.after(39, () => {
      // Kept for the next call of its key, with time that stands still until the next turn.
      elsewhere.release();
      clock.work(950);
    });
    const early = call('a', { timeout: 39 });
    const waiting = call('a', { timeout: 1000 });
    await clock.advance(39);
    expect([early.error, waiting.error]).toMatchObject([{ code: 'ERR_SOCK_POOL_TIMEOUT' }, undefined]);
    await clock.advance(10);
    expect(waiting.error).toBeUndefined();
    await clock.advance(1);
    expect(waiting.error).toMatchObject({ code: 'ERR_SOCK_POOL_TIMEOUT' });
  });
});
