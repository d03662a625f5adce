import type { Socket } from '@sock/core';
import { isSocketError, READABLE, WRITABLE } from '@sock/core';
import { assertSameBytes, pattern } from '@sock/testkit';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Kit } from './socket-pair.ts';
import { ready } from './watch.ts';

/** How one piece is sent. `wait`: the next piece only after this one resolved, and the buffer is spoiled in between. */
interface SendStep {
  readonly kind: 'try' | 'send' | 'owned' | 'timed';
  readonly size: number;
  readonly wait: boolean;
}

interface ReceiveStep {
  readonly kind: 'recv' | 'into' | 'exactly' | 'try' | 'iterate';
  readonly size: number;
}

const size = fc.oneof(fc.integer({ min: 1, max: 300 }), fc.integer({ min: 300, max: 20_000 }), fc.integer({ min: 20_000, max: 150_000 }));

const sends = fc.array(
  fc.record<SendStep>({ kind: fc.constantFrom('try', 'send', 'owned', 'timed'), size, wait: fc.boolean() }),
  { minLength: 1, maxLength: 12 },
);

const receives = fc.array(
  fc.record<ReceiveStep>({ kind: fc.constantFrom('recv', 'into', 'exactly', 'try', 'iterate'), size }),
  { minLength: 1, maxLength: 8 },
);

const limits = fc.record({
  sendQueueBytes: fc.constantFrom(4096, 20_000, 262_144),
  receiveQueueBytes: fc.constantFrom(4096, 20_000, 262_144),
  copyBelowBytes: fc.constantFrom(0, 1000, 16_384, 65_536),
});

/** Bytes arrive in order, once and all of them, however they are sent and received. */
export function orderRules(kit: Kit): void {
  test('bytes arrive in order, once and all of them, however they are sent and received', async () => {
    let total = 0;
    await fc.assert(
      fc.asyncProperty(sends, receives, limits, async (out, into, limited) => {
        const { a, b } = await kit.open(limited);
        const all = pattern(out.reduce((sum, step) => sum + step.size, 0), out.length);
        const [received] = await Promise.all([receive(b, into), send(a, out, all)]);
        assertSameBytes(received, all);
        total += received.length;
        a.destroy();
        b.destroy();
      }),
      { numRuns: 50 },
    );
    expect(total).toBeGreaterThan(0);
  });

  test('both directions at once do not disturb each other', async () => {
    const { a, b } = await kit.open({ sendQueueBytes: 8192, receiveQueueBytes: 8192 });
    const up = pattern(700_000, 1);
    const down = pattern(500_000, 2);
    const [atB, atA] = await Promise.all([b.recvExactly(up.length), a.recvExactly(down.length), a.sendAll(up), b.sendAll(down)]);
    assertSameBytes(atB, up);
    assertSameBytes(atA, down);
  });
}

async function send(socket: Socket, steps: readonly SendStep[], all: Uint8Array): Promise<void> {
  let offset = 0;
  const pending: Promise<void>[] = [];
  for (const { kind, size, wait } of steps) {
    const piece = all.slice(offset, offset + size);
    offset += size;
    if (kind === 'try') {
      // What still waits goes first; trySend answers 0 until then.
      for (let at = 0; at < size; ) {
        const count = socket.trySend(piece.subarray(at));
        at += count;
        if (count === 0) await ready(socket, WRITABLE);
      }
      piece.fill(0xee);
      continue;
    }
    const sent = socket.send(piece, kind === 'owned' ? { owned: true } : kind === 'timed' ? { timeout: '15s' } : undefined);
    if (!wait) {
      pending.push(sent);
      continue;
    }
    await sent;
    if (kind !== 'owned') piece.fill(0xee);
  }
  await Promise.all(pending);
  await socket.shutdown();
}

async function receive(socket: Socket, steps: readonly ReceiveStep[]): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  const target = new Uint8Array(150_000);
  for (let turn = 0; ; turn += 1) {
    const { kind, size } = steps[turn % steps.length] as ReceiveStep;
    if (kind === 'recv') {
      const chunk = await socket.recv();
      if (chunk === null) return Buffer.concat(chunks);
      chunks.push(chunk);
    } else if (kind === 'into') {
      const count = await socket.recvInto(target.subarray(0, size));
      if (count === null) return Buffer.concat(chunks);
      chunks.push(target.slice(0, count));
    } else if (kind === 'exactly') {
      try {
        chunks.push(await socket.recvExactly(size));
      } catch (error) {
        if (!isSocketError(error, 'ERR_SOCK_UNEXPECTED_END')) throw error;
        // The rest stays readable.
        for await (const chunk of socket) chunks.push(chunk);
        return Buffer.concat(chunks);
      }
    } else if (kind === 'try') {
      await ready(socket, READABLE);
      try {
        const count = socket.tryRecv(target.subarray(0, size));
        chunks.push(target.slice(0, count));
      } catch (error) {
        if (!isSocketError(error, 'ERR_SOCK_CLOSED')) throw error;
        return Buffer.concat(chunks);
      }
    } else {
      let any = false;
      for await (const chunk of socket) {
        any = true;
        chunks.push(chunk);
        break;
      }
      if (!any) return Buffer.concat(chunks);
    }
  }
}
