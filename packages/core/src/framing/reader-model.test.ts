import { leakGuard, text } from '@sock/testkit';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { isSocketError } from '../errors.ts';
import type { Reader, ReaderOptions } from '../framing.ts';
import { reader } from '../framing.ts';
import type { Socket } from '../index.ts';
import { memoryPair } from '../memory.ts';

leakGuard();

/** A reader over `stream`, which comes in pieces of `cuts` bytes, each by itself. */
async function readerOver(stream: Uint8Array, cuts: readonly number[], options?: ReaderOptions): Promise<{ from: Reader; socket: Socket; peer: Socket }> {
  const [peer, socket] = memoryPair();
  for (let at = 0, turn = 0; at < stream.length; turn += 1) {
    const size = cuts[turn % cuts.length] ?? stream.length;
    await peer.send(stream.subarray(at, at + size));
    await peer.flush();
    at += size;
  }
  return { from: reader(socket, options), socket, peer };
}

test('any calls over any split read what a model reads, with the same limits and ends', async () => {
  const call = fc.oneof(
    fc.record({ exactly: fc.nat(12) }), fc.record({ peek: fc.nat(12) }), fc.record({ skip: fc.nat(12) }),
    fc.record({ until: fc.constantFrom('a', 'ab', 'aab', '\n') }), fc.record({ line: fc.constant(true) }), fc.record({ uint16: fc.boolean() }), fc.record({ back: fc.nat(4) }),
  );
  const streams = fc.array(fc.constantFrom(97, 98, 10, 13), { maxLength: 60 }).map((list) => Uint8Array.from(list));
  await fc.assert(
    fc.asyncProperty(streams, fc.array(fc.integer({ min: 1, max: 20 }), { maxLength: 5 }), fc.array(call, { maxLength: 12 }), async (stream, cuts, calls) => {
      const { from, socket, peer } = await readerOver(stream, cuts, { limit: 10 });
      void peer.shutdown();
      let model = Buffer.from(stream);
      const take = (count: number, behind = 0): string => {
        const taken = model.subarray(0, count).toString();
        model = model.subarray(count + behind);
        return taken;
      };
      for (const one of calls) {
        const got = await outcome(one, from);
        if ('exactly' in one) expect(got).toBe(one.exactly > 10 ? 'ERR_SOCK_LIMIT' : one.exactly > model.length ? 'ERR_SOCK_UNEXPECTED_END' : take(one.exactly));
        else if ('peek' in one) expect(got).toBe(one.peek > 10 ? 'ERR_SOCK_LIMIT' : one.peek > model.length ? 'ERR_SOCK_UNEXPECTED_END' : model.subarray(0, one.peek).toString());
        else if ('skip' in one) {
          expect(got).toBe(one.skip > model.length ? 'ERR_SOCK_UNEXPECTED_END' : '');
          take(one.skip);
        } else if ('uint16' in one) expect(got).toBe(model.length < 2 ? 'ERR_SOCK_UNEXPECTED_END' : String(one.uint16 ? Buffer.from(take(2)).readUInt16BE() : Buffer.from(take(2)).readUInt16LE()));
        else if ('back' in one) model = Buffer.concat([Buffer.alloc(one.back, 'b'), model]);
        else {
          const delimiter = 'until' in one ? one.until : '\n';
          const end = model.indexOf(delimiter);
          const content = (end === -1 ? model : model.subarray(0, end)).toString();
          const line = 'line' in one && content.endsWith('\r') ? content.slice(0, -1) : content;
          let open = 'line' in one || end !== -1 ? 0 : Math.min(delimiter.length - 1, content.length);
          while (open > 0 && !content.endsWith(delimiter.slice(0, open))) open -= 1;
          if (line.length - open > 10) expect(got).toBe('ERR_SOCK_LIMIT');
          else if (end === -1) expect(got).toBe('ERR_SOCK_UNEXPECTED_END');
          else {
            expect(got).toBe(line);
            take(end, delimiter.length);
          }
        }
      }
      // Nothing was lost, whatever failed.
      from.release();
      let rest = '';
      for await (const chunk of socket) rest += text(chunk);
      expect(rest).toBe(model.toString());
      socket.destroy();
      peer.destroy();
    }),
    { numRuns: 10_000 },
  );
}, 120_000);

type Call = { exactly: number } | { peek: number } | { skip: number } | { until: string } | { line: boolean } | { uint16: boolean } | { back: number };

async function outcome(one: Call, from: Reader): Promise<string> {
  try {
    if ('exactly' in one) return text(await from.exactly(one.exactly));
    if ('peek' in one) return text(await from.peek(one.peek));
    if ('until' in one) return text(await from.until(one.until));
    if ('line' in one) return await from.line();
    if ('uint16' in one) return String(await from.uint16({ order: one.uint16 ? 'big' : 'little' }));
    if ('skip' in one) await from.skip(one.skip);
    else from.unread(new Uint8Array(one.back).fill(98));
    return '';
  } catch (error) {
    return isSocketError(error) ? error.code : `untyped: ${String(error)}`;
  }
}

test('numbers of every kind come in both orders, over any split', async () => {
  const view = new DataView(new ArrayBuffer(8));
  const kinds = {
    uint8: 'Uint8', uint16: 'Uint16', uint32: 'Uint32', uint64: 'BigUint64', int8: 'Int8', int16: 'Int16', int32: 'Int32', int64: 'BigInt64', float32: 'Float32', float64: 'Float64',
  } as const;
  await fc.assert(
    fc.asyncProperty(fc.uint8Array({ minLength: 8, maxLength: 8 }), fc.integer({ min: 1, max: 8 }), async (raw, cut) => {
      new Uint8Array(view.buffer).set(raw);
      for (const [kind, name] of Object.entries(kinds)) {
        for (const order of ['big', 'little'] as const) {
          const { from, socket, peer } = await readerOver(raw, [cut]);
          expect(await from[kind as keyof typeof kinds]({ order })).toEqual(view[`get${name}`](0, order === 'little'));
          from.unread(raw);
          expect(from.tryNumber(kind as keyof typeof kinds, { order })).toEqual(view[`get${name}`](0, order === 'little'));
          socket.destroy();
          peer.destroy();
        }
      }
    }),
    { numRuns: 60 },
  );
}, 30_000);
