import { assertSameBytes, turns } from '@sock/testkit';
import { expect, test } from 'vitest';
import type { Kit } from './socket-pair.ts';
import { fillUp } from './watch.ts';

/** Both queues are bounded in bytes: nothing grows without limit. */
export function limitRules(kit: Kit): void {
  const KIB = 1024;
  /** What one read of the runtime may bring on top of a limit. */
  const oneRead = 64 * KIB;

  test('a peer that does not read stops the sender; when it reads, everything arrives', async () => {
    const sendLimit = 32 * KIB;
    const receiveLimit = 48 * KIB;
    const { a, b } = await kit.open({ sendQueueBytes: sendLimit, receiveQueueBytes: receiveLimit });
    const sent = await fillUp(a, sendLimit + receiveLimit + oneRead + kit.capabilities.inFlightBytes);
    expect(a.stats.sendQueueBytes).toBeLessThanOrEqual(sendLimit);
    // Stopped, not slow: nothing more goes in however long it waits.
    await turns(30);
    expect(a.trySend(new Uint8Array(sendLimit))).toBe(0);
    expect(b.stats.receiveQueueBytes).toBeGreaterThan(0);
    expect(b.stats.receiveQueueBytes).toBeLessThan(receiveLimit + oneRead);
    assertSameBytes(await b.recvExactly(sent.length), sent);
    await a.flush();
    expect(a.stats.sendQueueBytes).toBe(0);
  });

  test('the send queue never holds more than its limit, whatever waits behind it', async () => {
    const sendLimit = 16 * KIB;
    const { a, b } = await kit.open({ sendQueueBytes: sendLimit, receiveQueueBytes: 16 * KIB, copyBelowBytes: 1000 });
    let most = 0;
    const stop = a.onReady(() => {
      most = Math.max(most, a.stats.sendQueueBytes);
    });
    const sends = [500, 70_000, 3000, 40_000, 16 * KIB].map((size) => a.send(new Uint8Array(size)));
    most = Math.max(most, a.stats.sendQueueBytes);
    await Promise.all([b.recvExactly(500 + 70_000 + 3000 + 40_000 + 16 * KIB), ...sends]);
    stop();
    expect(most).toBeGreaterThan(0);
    expect(most).toBeLessThanOrEqual(sendLimit);
  });

  test('a larger send queue takes more, a smaller one less: the option has an effect', async () => {
    const accepted: number[] = [];
    for (const sendQueueBytes of [8 * KIB, 128 * KIB]) {
      const { a } = await kit.open({ sendQueueBytes });
      accepted.push(a.trySend(new Uint8Array(1024 * KIB)));
    }
    expect(accepted).toEqual([8 * KIB, 128 * KIB]);
  });
}
