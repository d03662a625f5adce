import type { Socket } from '@sock/core';
import { memoryPair } from '@sock/core/memory';
import { leakGuard } from '@sock/testkit';
import { describe, expect, test } from 'vitest';
import { createPoll, TIMER, WRITABLE } from './index.ts';

leakGuard();

describe('timers', () => {
  test('are told with the rest, in their order, never early, and end when told', async () => {
    using poll = createPoll<Socket, string, string>();
    const [left] = memoryPair();
    const began = performance.now();
    const later = poll.after(30, 'later');
    const sooner = poll.after('10ms', 'sooner');
    const told: [string, number][] = [];
    while (told.length < 2) for (const { data, events, ticks } of await poll.wait()) told.push([data, events + (ticks ?? 0)]);
    expect(told).toEqual([['sooner', TIMER + 1], ['later', TIMER + 1]]);
    expect(performance.now() - began).toBeGreaterThanOrEqual(30);
    expect([later.active, sooner.active, later.cancel()]).toEqual([false, false, false]);
    poll.add(left, WRITABLE, 'a socket');
    poll.after(0, 'at once');
    expect((await poll.wait()).map(({ data }) => data)).toEqual(['a socket', 'at once']);
  });

  test('that repeat keep their beat, and count what was told late', async () => {
    using poll = createPoll<Socket, string, string>();
    const timer = poll.every(5, 'beat');
    let ticks = 0;
    const began = performance.now();
    while (performance.now() - began < 30);
    for (const event of await poll.wait()) ticks += event.ticks ?? 0;
    expect(ticks).toBeGreaterThanOrEqual(6);
    while (ticks < 12) for (const event of await poll.wait()) ticks += event.ticks ?? 0;
    expect(performance.now() - began).toBeGreaterThanOrEqual(60);
    expect([timer.active, timer.cancel(), timer.active]).toEqual([true, true, false]);
    expect(await poll.wait({ timeout: 10 })).toEqual([]);
  });

  test('that are cancelled or restarted when due already are not told before their new time', async () => {
    using poll = createPoll<Socket, string, string>();
    const [cancelled, restarted] = [poll.after(1, 'cancelled'), poll.after(1, 'restarted')];
    const began = performance.now();
    while (performance.now() - began < 3);
    cancelled.cancel();
    restarted.restart(20);
    const again = performance.now();
    expect((await poll.wait()).map(({ data }) => data)).toEqual(['restarted']);
    expect(performance.now() - again).toBeGreaterThanOrEqual(19.9);
  });

  test('keep no process alive while nobody waits', () => {
    using poll = createPoll<Socket, string, string>();
    const before = process.getActiveResourcesInfo().filter((kind) => kind === 'Timeout').length;
    poll.after('1h', 'x');
    expect(process.getActiveResourcesInfo().filter((kind) => kind === 'Timeout').length).toBe(before);
  });

  test('that are cancelled keep no process alive that waits for nothing else', async () => {
    using poll = createPoll<Socket, string, string>();
    const timeouts = (): number => process.getActiveResourcesInfo().filter((kind) => kind === 'Timeout').length;
    const before = timeouts();
    const waiting = poll.wait();
    const timers = [poll.after('1h', 'x'), poll.after('2h', 'y')];
    const counts = [timeouts()];
    for (const timer of timers) {
      timer.cancel();
      counts.push(timeouts());
    }
    expect(counts).toEqual([before + 1, before + 1, before]);
    poll.wake();
    expect(await waiting).toEqual([]);
  });
});
