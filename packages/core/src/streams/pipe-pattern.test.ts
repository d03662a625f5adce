import { assertSameBytes, leakGuard, pattern, turns } from '@sock/testkit';
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { memoryPair } from '../memory.ts';
import { PARTS } from '../socket-parts.ts';
import type { PipeError } from '../streams.ts';
import { pipe } from '../streams.ts';

leakGuard();

const SMALL = { sendQueueBytes: '8KiB', receiveQueueBytes: '8KiB' } as const;

test('any pattern of sends, reads and stops: every byte once, in order, and the limits hold', async () => {
  const size = fc.oneof(fc.integer({ min: 1, max: 40 }), fc.integer({ min: 1, max: 20_000 }), fc.integer({ min: 60_000, max: 70_000 }));
  const stops = fc.array(fc.integer({ min: 0, max: 6 }), { maxLength: 4 });
  await fc.assert(
    fc.asyncProperty(fc.array(size, { maxLength: 8 }), fc.array(size, { minLength: 1, maxLength: 8 }), stops, fc.boolean(), async (sends, reads, pauses, owned) => {
      const [source, from] = memoryPair(SMALL);
      const [to, sink] = memoryPair(SMALL);
      const total = sends.reduce((sum, length) => sum + length, 0);
      const sent = pattern(total);
      const sending = (async () => {
        let offset = 0;
        for (const length of sends) {
          await source.send(sent.slice(offset, offset + length), { owned });
          offset += length;
          if (length % 3 === 0) await turns(1);
        }
        await source.shutdown();
      })();
      const piping = (async () => {
        let moved = 0;
        // Stopped and taken up again, at any moment.
        for (const pause of pauses) {
          const stop = new AbortController();
          const part = pipe(from, to, { signal: stop.signal, end: false });
          await turns(pause);
          stop.abort();
          moved += await part.catch((error: PipeError) => {
            expect(error.code).toBe('ERR_SOCK_ABORTED');
            return error.bytesMoved;
          });
          expect(to.stats.sendQueueBytes).toBeLessThanOrEqual(8192);
        }
        return moved + (await pipe(from, to));
      })();
      const got: Uint8Array[] = [];
      for (let step = 0; ; step += 1) {
        const target = new Uint8Array(reads[step % reads.length] as number);
        const count = await sink.recvInto(target);
        if (count === null) break;
        got.push(target.subarray(0, count));
        if (count % 2 === 0) await turns(1);
      }
      await sending;
      expect(await piping).toBe(total);
      assertSameBytes(Buffer.concat(got), sent);
      // Nobody watches them any more, and nobody has taken their receiving over.
      expect([from, to].map((socket) => socket.get(PARTS)?.signal.heard)).toEqual([false, false]);
      expect(from.get(PARTS)?.side.refusal('test')).toBeUndefined();
      for (const socket of [source, sink, from, to]) socket.destroy();
    }),
    { numRuns: 150 },
  );
});
