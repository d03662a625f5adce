import type { Socket } from '@sock/core';
import { bytes, leakGuard, text } from '@sock/testkit';
import { describe, expect, test } from 'vitest';
import { settle } from './fake-clock.test-d.ts';
import type { EvictReason, PoolOptions } from './index.ts';
import type { Stage } from './stage.test-d.ts';
import { staging } from './stage.test-d.ts';

leakGuard();
const stage = staging();

/** What has come to the other side of the first connection, and whether it has ended there. */
function heard<D>(world: Stage<D>): string {
  const buffer = new Uint8Array(100);
  try {
    return text(buffer.subarray(0, world.server.peers[0]?.tryRecv(buffer)));
  } catch (error) {
    return (error as { code: string }).code;
  }
}

describe('beforeClose', () => {
  const idle = (world: Stage): Promise<void> => world.idle();
  test.each<[EvictReason, PoolOptions<string, undefined>, (world: Stage) => unknown]>([
    ['idle', { idleTimeout: 100 }, async (world) => [await idle(world), await world.clock.advance(100)]],
    ['life', { maxLife: 100, lifeJitter: 0 }, async (world) => [await idle(world), await world.clock.advance(100)]],
    ['uses', { maxUses: 1 }, idle],
    ['surplus', { maxIdle: 0 }, idle],
    ['room', { max: 1 }, async (world) => [await idle(world), (await world.lease('b')).release()]],
    ['refreshed', {}, async (world) => [await idle(world), world.pool.refresh({ over: 0 }), await world.clock.advance(0)]],
    ['drained', {}, async (world) => [await idle(world), await world.pool.drain()]],
  ])('says goodbye when the reason is %s, before the end', async (reason, options, act) => {
    const came: Promise<Uint8Array | null>[] = [];
    const world: Stage = stage({ ...options, beforeClose: async ({ socket, id }, cancel) => {
      const peer = world.server.peers[id - 1] as Socket;
      came.push(peer.recv());
      await socket.send(bytes('QUIT'), cancel);
    } });
    await act(world);
    await settle();
    expect(world.gone[reason]).toBeGreaterThan(0);
    expect(text((await came[0]) ?? null)).toBe('QUIT');
    expect((await world.server.peers[0]?.closed)?.how).not.toBe('reset');
  });

  test.each<[string, (world: Stage) => unknown]>([
    ['that was discarded', async (world) => (await world.lease()).discard()],
    ['that was discarded with a cause', async (world) => (await world.lease()).discard(new Error('broken'))],
    ['that the peer ended', async (world) => [await world.idle(), await world.server.peers[0]?.shutdown()]],
    ['that the peer reset', async (world) => [await world.idle(), world.server.peers[0]?.destroy()]],
    ['on which a byte came that nobody asked for', async (world) => [await world.idle(), await world.server.peers[0]?.send(bytes('!'))]],
    ['that is broken off', async (world) => [await world.idle(), world.pool.destroy()]],
  ])('is not called for one %s', async (_, act) => {
    let calls = 0;
    const world = stage({ beforeClose: () => void (calls += 1) });
    await act(world);
    await settle();
    expect([calls, world.pool.stats().size]).toEqual([0, 0]);
  });

  test.each<[string, PoolOptions<string>['beforeClose']]>([
    ['throws', () => {
      throw new Error('mine');
    }],
    ['rejects', () => Promise.reject(new Error('mine'))],
  ])('that %s does not keep the connection', async (_, beforeClose) => {
    const world = stage({ beforeClose, maxUses: 1 });
    await world.idle();
    expect(heard(world)).toBe('ERR_SOCK_CLOSED');
  });

  test('that does not answer has checkTimeout, counts as closing meanwhile, and takes no place', async () => {
    const world = stage({ beforeClose: () => new Promise(() => {}), checkTimeout: '2s', maxPerKey: 1, maxUses: 1 });
    await world.idle();
    expect(world.pool.stats()).toMatchObject({ size: 0, closing: 1 });
    (await world.lease()).release();
    await world.clock.advance(1999);
    expect([heard(world), world.pool.stats().closing]).toEqual(['', 2]);
    await world.clock.advance(200);
    expect([heard(world), world.pool.stats().closing]).toEqual(['ERR_SOCK_CLOSED', 0]);
  });

  test('is waited for by a drain, no longer than its time, and not by destroy', async () => {
    const world = stage({ beforeClose: () => new Promise(() => {}), checkTimeout: '20s' });
    await world.idle();
    let drained = false;
    const draining = world.pool.drain({ timeout: '1s' }).then(() => (drained = true));
    await world.clock.advance(900);
    expect(drained).toBe(false);
    world.pool.destroy();
    await draining;
    expect([world.clock.timers, heard(world)]).toEqual([0, 'ERR_SOCK_RESET']);
  });

  test('may call the pool', async () => {
    const codes: unknown[] = [];
    const world: Stage = stage({ maxUses: 1, beforeClose: async () => {
      (await world.pool.acquire('b')).discard();
      codes.push(world.pool.stats().size);
    } });
    await world.idle();
    await settle();
    expect(codes).toEqual([0]);
  });
});
