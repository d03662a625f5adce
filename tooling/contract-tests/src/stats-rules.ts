import { bytes, pattern, rejection } from '@sock/testkit';
import { expect, test } from 'vitest';
import type { Kit } from './socket-pair.ts';
import { clog } from './watch.ts';

/** What `stats` counts. */
export function statsRules(kit: Kit): void {
  test('a fresh socket has counted nothing', async () => {
    const before = Date.now();
    const { a } = await kit.open();
    const { openedAt, ...rest } = a.stats;
    expect(openedAt).toBeGreaterThanOrEqual(before);
    expect(rest).toEqual({
      bytesSent: 0, bytesWritten: 0, bytesReceived: 0, sends: 0, receives: 0, sendQueueBytes: 0, receiveQueueBytes: 0,
      lastSentAt: 0, lastWrittenAt: 0, lastReceivedAt: 0, closedAt: 0,
    });
  });

  test('bytes, calls and times are counted on both sides', async () => {
    const { a, b } = await kit.open();
    await a.send(bytes('12345'));
    a.trySend(bytes('678'));
    await a.send(pattern(20_000));
    await a.flush();
    await b.recvExactly(5);
    await b.recvInto(new Uint8Array(3));
    await b.recvExactly(20_000);
    expect(a.stats).toMatchObject({ bytesSent: 20_008, bytesWritten: 20_008, sends: 3, sendQueueBytes: 0 });
    expect(b.stats).toMatchObject({ bytesReceived: 20_008, receives: 3, receiveQueueBytes: 0 });
    expect(a.stats.lastSentAt).toBeGreaterThanOrEqual(a.stats.openedAt);
    expect(a.stats.lastWrittenAt).toBeGreaterThanOrEqual(a.stats.lastSentAt);
    expect(b.stats.lastReceivedAt).toBeGreaterThanOrEqual(b.stats.openedAt);
    expect(a.stats.closedAt).toBe(0);
    a.destroy();
    await a.closed;
    expect(a.stats.closedAt).toBeGreaterThanOrEqual(a.stats.openedAt);
  });

  test('a call that moved nothing is not counted', async () => {
    const { a, b } = await kit.open({ sendQueueBytes: '16KiB', receiveQueueBytes: '16KiB' });
    await a.send(new Uint8Array(0));
    expect(a.stats.sends).toBe(0);
    expect(a.stats.lastSentAt).toBe(0);
    clog(a, kit.capabilities.inFlightBytes + 1024 * 1024);
    const { sends } = a.stats;
    a.trySend(bytes('x'));
    await rejection(a.send(pattern(16_384), { timeout: 5 }));
    await rejection(a.send(bytes('x'), { signal: AbortSignal.abort() }));
    expect(a.stats.sends).toBe(sends);
    await b.shutdown();
    expect(await a.recv()).toBeNull();
    expect(a.stats.receives).toBe(0);
  });

  test('bytes that wait are counted where they wait', async () => {
    const { a, b } = await kit.open();
    await a.send(bytes('0123456789'));
    await a.flush();
    while (b.stats.receiveQueueBytes < 10) await new Promise(setImmediate);
    expect(b.stats).toMatchObject({ receiveQueueBytes: 10, bytesReceived: 0 });
    await b.recvExactly(4);
    expect(b.stats.receiveQueueBytes).toBe(6);
  });
}
