import type { SocketLimitsInput } from '@sock/core';
import { assertSameBytes, leakGuard, pattern, turns, until } from '@sock/testkit';
import fc from 'fast-check';
import { test } from 'vitest';
import { createRegistry } from '../registry.ts';
import { pairFrom } from './peer.test-d.ts';

leakGuard();

const SMALL: SocketLimitsInput = { sendQueueBytes: '4KiB', receiveQueueBytes: '4KiB' };

test('whatever is sent to whom, and read when: each peer has just the messages that it was said to have got, whole and in order', { timeout: 60_000 }, async () => {
  const step = fc.oneof(
    fc.record({ do: fc.constant('broadcast' as const), length: fc.constantFrom(1, 700, 5000, 20_000), slow: fc.constantFrom('wait' as const, 'skip' as const) }),
    fc.record({ do: fc.constant('read' as const), who: fc.nat(2), length: fc.constantFrom(1, 500, 4096, 30_000) }),
    fc.record({ do: fc.constant('turn' as const) }),
  );
  await fc.assert(fc.asyncProperty(fc.array(step, { maxLength: 30 }), async (steps) => {
    const registry = createRegistry({ maxWaitingBroadcasts: 3, broadcastTimeout: '1h' });
    const pairs = Array.from({ length: 3 }, () => pairFrom(undefined, SMALL));
    const peers = pairs.map(([, peer]) => peer);
    const connections = pairs.map(([socket]) => registry.add(socket));
    const got: Uint8Array[][] = [[], [], []];
    const running = [];
    let seed = 0;
    for (const one of steps) {
      if (one.do === 'broadcast') {
        seed += 1;
        const message = pattern(one.length, seed);
        running.push(registry.broadcast(message, { slow: one.slow }).then(({ sent }) => ({ sent, message })));
      } else if (one.do === 'read') {
        const into = new Uint8Array(one.length);
        const count = peers[one.who]?.tryRecv(into) ?? 0;
        got[one.who]?.push(into.slice(0, count));
      } else await turns(1);
    }
    // The rest is read until everything is settled.
    const settled = Promise.all(running);
    const state = { over: false };
    void settled.then(() => (state.over = true));
    for (let idle = 0; !state.over || idle < 3; idle += 1) {
      for (const [index, peer] of peers.entries()) {
        const into = new Uint8Array(65_536);
        const count = peer.tryRecv(into);
        if (count > 0) idle = 0;
        got[index]?.push(into.slice(0, count));
      }
      await turns(1);
    }
    const results = await settled;
    for (const [index, connection] of connections.entries()) {
      const expected = results.filter(({ sent }) => sent.includes(connection)).map(({ message }) => message);
      assertSameBytes(Buffer.concat(got[index] ?? []), Buffer.concat(expected));
    }
    for (const peer of peers) peer.destroy();
    await until(() => registry.size === 0, 'closed');
  }), { numRuns: 150 });
});
