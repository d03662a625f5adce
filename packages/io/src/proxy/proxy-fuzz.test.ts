import type { Connector, Socket } from '@sock/core';
import { isSocketError } from '@sock/core';
import { memoryPair } from '@sock/core/memory';
import { bytes, concatBytes, leakGuard } from '@sock/testkit';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { encodeProxyHeader, PROXY_INFO, proxyProtocol, viaHttpConnect, viaSocks5 } from '../proxy.ts';

leakGuard();

const SPLITS = 10_000;
/** Of each parser; each is split as well. */
const MUTATIONS = 2500;
const REST = bytes('the bytes behind it belong to the stream');

/** What is done to bytes that were right. */
interface Mutation {
  readonly how: 'change' | 'insert' | 'remove';
  /** 0 to 1 of the length. */
  readonly at: number;
  readonly byte: number;
}

const mutations: fc.Arbitrary<Mutation[]> = fc.array(
  fc.record({ how: fc.constantFrom('change', 'insert', 'remove'), at: fc.double({ min: 0, max: 1, noNaN: true }), byte: fc.oneof(fc.nat(255), fc.constantFrom(0, 10, 13, 32, 58, 255)) }),
  { maxLength: 3 },
);
const cuts: fc.Arbitrary<number[]> = fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 8 });

function mutated(original: Uint8Array, changes: readonly Mutation[]): Uint8Array {
  const out = [...original];
  for (const { how, at, byte } of changes) out.splice(Math.min(Math.floor(at * out.length), out.length - 1), how === 'insert' ? 0 : 1, ...(how === 'remove' ? [] : [byte]));
  return Uint8Array.from(out);
}

/** Sends `whole` in pieces, and ends: nothing can wait for more. What the other side says is dropped. */
async function sendSplit(peer: Socket, whole: Uint8Array, at: readonly number[]): Promise<void> {
  const places = [0, ...at.map((place) => Math.floor(place * whole.length)), whole.length].toSorted((a, b) => a - b);
  for (const [index, place] of places.entries()) {
    const piece = whole.subarray(place, places[index + 1] ?? whole.length);
    if (piece.length > 0) await peer.send(piece);
    await Promise.resolve();
  }
  await peer.shutdown();
}

async function rest(socket: Socket): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of socket) chunks.push(chunk);
  socket.destroy();
  return concatBytes(chunks);
}

/** Runs `open` against a peer that says `answer`; answers with what stood behind, or with the error, which is a typed one. */
async function outcome(answer: Uint8Array, at: readonly number[], open: (socket: Socket) => Promise<Socket>): Promise<Uint8Array | Error> {
  const [dialled, peer] = memoryPair();
  // Broken off when the other side refuses; that side tells why.
  const sending = sendSplit(peer, answer, at).catch(() => {});
  try {
    return await rest(await open(dialled));
  } catch (error) {
    if (!isSocketError(error)) throw error;
    return error;
  } finally {
    await sending;
    dialled.destroy();
    peer.destroy();
    await Promise.all([dialled.closed, peer.closed]);
  }
}

const over = (dialled: Socket): Connector => ({ key: () => 'memory', connect: async () => await Promise.resolve(dialled) });
const socks = async (dialled: Socket): Promise<Socket> => await viaSocks5(over(dialled), { username: 'a', password: 'b' }).connect('target.test:443');
const http = async (dialled: Socket): Promise<Socket> => await viaHttpConnect(over(dialled), { proxy: 'proxy.test:80' }).connect('target.test:443');
const header = async (dialled: Socket): Promise<Socket> => await dialled.upgrade(proxyProtocol());

const HEADER = encodeProxyHeader({ source: '192.0.2.1:1', destination: '192.0.2.2:2', authority: 'a.test', ssl: { tls: true, version: 'TLSv1.3' }, uniqueId: bytes('abc'), checksum: true });

const PARSERS: readonly (readonly [string, Uint8Array, (dialled: Socket) => Promise<Socket>])[] = [
  ['SOCKS5 with credentials', Uint8Array.of(5, 2, 1, 0, 5, 0, 0, 3, 4, ...bytes('name'), 0, 80), socks],
  ['HTTP CONNECT', bytes('HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nVia: x\r\nX-Long: a, b, c\r\n\r\n'), http],
  ['PROXY version 1', bytes('PROXY TCP6 2001:db8::1 ::1 4096 443\r\n'), header],
  ['PROXY version 2', HEADER, header],
];

test.each(PARSERS)(`%s: ${SPLITS} random splits lose no byte of what stands behind`, async (_, answer, open) => {
  await fc.assert(fc.asyncProperty(cuts, async (at) => {
    expect(await outcome(concatBytes([answer, REST]), at, open)).toEqual(Buffer.from(REST));
  }), { numRuns: SPLITS });
}, 120_000);

test.each(PARSERS)(`%s: ${MUTATIONS} random mutations give a tunnel or a typed error, and never a hang`, async (_, answer, open) => {
  let errors = 0;
  await fc.assert(fc.asyncProperty(mutations, cuts, async (changes, at) => {
    const result = await outcome(concatBytes([mutated(answer, changes), REST]), at, open);
    if (result instanceof Error) errors += 1;
    // Whatever was taken for the head, what is left are bytes that were sent, to the last one.
    else expect(Buffer.from(result).toString('latin1')).toMatch(/(?:stream|^)$/);
  }), { numRuns: MUTATIONS });
  expect(errors).toBeGreaterThan(MUTATIONS / 10);
}, 120_000);

test('bytes without any order give a typed error, or pass where no header is required', async () => {
  await fc.assert(fc.asyncProperty(fc.uint8Array({ maxLength: 300 }), cuts, async (noise, at) => {
    for (const open of [socks, http, header]) expect(await outcome(noise, at, open)).toBeInstanceOf(Error);
    const passed = await outcome(noise, at, async (dialled) => {
      const socket = await dialled.upgrade(proxyProtocol({ required: false }));
      expect(socket.get(PROXY_INFO)).toBeUndefined();
      return socket;
    });
    expect(passed).toEqual(Buffer.from(noise));
  }), { numRuns: 1000 });
}, 120_000);
