import type { Socket } from '@sock/core';
import { memoryPair } from '@sock/core/memory';
import type { PipeError, RelayError } from '@sock/core/streams';
import { duplexPair, fromSocket, iterStream, pipe, readable, relay, writable } from '@sock/core/streams';
import { assertSameBytes, bytes, pattern, rejection, text, turns } from '@sock/testkit';
import { describe, expect, test } from 'vitest';
import type { Kit } from './socket-pair.ts';
import { fillUp, readAll } from './watch.ts';

/** What streams of other kinds over a socket promise, and bytes from one socket to another, whatever carries them. */
export function streamRules(kit: Kit): void {
  const cap = kit.capabilities.inFlightBytes + 1024 * 1024;

  describe('web streams', () => {
    test('carry everything both ways, and each end alone', async () => {
      const { a, b } = await kit.open();
      const [up, down] = [pattern(300_000, 1), pattern(200_000, 2)];
      const one = duplexPair(a);
      const other = duplexPair(b, { owned: true });
      const sending = [sendAll(one.writable, up), sendAll(other.writable, down)];
      const [gotDown, gotUp] = await Promise.all([collect(one.readable), collect(other.readable)]);
      await Promise.all(sending);
      assertSameBytes(gotUp, up);
      assertSameBytes(gotDown, down);
      expect([(await a.closed).how, (await b.closed).how].filter((how) => how !== 'end' && how !== 'local')).toEqual([]);
    });

    test('a BYOB reader gets the bytes in its own buffer', async () => {
      const { a, b } = await kit.open();
      const sent = pattern(50_000);
      const sending = a.send(sent.slice()).then(() => a.shutdown());
      const from = readable(b).getReader({ mode: 'byob' });
      const got: Uint8Array[] = [];
      for (let buffer = new ArrayBuffer(7000); ; ) {
        const { done, value } = await from.read(new Uint8Array(buffer, 1000));
        if (value !== undefined) got.push(value.slice());
        if (done) break;
        expect([value.byteOffset, value.buffer.byteLength]).toEqual([1000, 7000]);
        buffer = value.buffer;
      }
      await sending;
      assertSameBytes(Buffer.concat(got), sent);
    });

    test('a reader that stops stops the peer, and cancel gives the rest back to the socket', async () => {
      const { a, b } = await kit.open({ sendQueueBytes: '16KiB', receiveQueueBytes: '16KiB' });
      const from = readable(b).getReader();
      const sent = await fillUp(a, cap);
      const { value } = await from.read();
      expect(await rejection(b.recv())).toMatchObject({ code: 'ERR_SOCK_BUSY' });
      expect(await rejection(b.detach())).toMatchObject({ code: 'ERR_SOCK_BUSY' });
      await from.cancel();
      const rest = readAll(b);
      await a.shutdown();
      assertSameBytes(Buffer.concat([value ?? new Uint8Array(0), await rest]), sent);
    });

    test('a writer\'s ready waits for the socket, and abort destroys at once', async () => {
      const { a, b } = await kit.open({ sendQueueBytes: '16KiB', receiveQueueBytes: '16KiB' });
      const to = writable(a).getWriter();
      await fillUp(a, cap);
      const stuck = rejection(to.write(pattern(50_000)));
      expect(to.desiredSize).toBeLessThan(0);
      const reason = new Error('away');
      await to.abort(reason);
      expect(await stuck).toMatchObject({ code: 'ERR_SOCK_CLOSED' });
      expect(await a.closed).toMatchObject({ how: 'error', cause: reason });
      await drained(b);
    });

    test('a peer that breaks the connection fails both halves', async () => {
      const { a, b } = await kit.open();
      // A connection that broke in its first moment may look ended: under TLS 1.3 the tickets are still on their way.
      await Promise.all([a.send(bytes('x')), b.send(bytes('x')), a.recv(), b.recv()]);
      const { readable: from, writable: to } = duplexPair(a);
      const [reader, writer] = [from.getReader(), to.getWriter()];
      const ends = [reader.closed, writer.closed].map((closed) => closed.then(() => 'ended', (error: { code: string }) => error.code));
      b.destroy();
      if (!kit.capabilities.reset) a.destroy();
      for (const end of await Promise.all(ends)) expect(['ERR_SOCK_RESET', 'ERR_SOCK_CLOSED', ...(kit.capabilities.reset ? [] : ['ended'])]).toContain(end);
    });
  });

  describe('pipe', () => {
    test('carries everything over two connections, and the end', async () => {
      const { a, b } = await kit.open({ sendQueueBytes: '32KiB', receiveQueueBytes: '32KiB' });
      const second = await kit.open({ sendQueueBytes: '32KiB', receiveQueueBytes: '32KiB' });
      const piping = pipe(b, second.a, { timeout: '15s' });
      const sent = pattern(700_000);
      const sending = a.send(sent).then(() => a.shutdown());
      const got = readAll(second.b);
      await sending;
      assertSameBytes(await got, sent);
      expect(await piping).toBe(700_000);
      // Half-closed, no more.
      await second.b.send(bytes('back'));
      expect(text(await second.a.recvExactly(4))).toBe('back');
    });

    test('is bounded by both queues, and stops without losing a byte', async () => {
      const { a, b } = await kit.open({ sendQueueBytes: '16KiB', receiveQueueBytes: '16KiB' });
      const second = await kit.open({ sendQueueBytes: '16KiB', receiveQueueBytes: '16KiB' });
      const stop = new AbortController();
      const piping = rejection<PipeError>(pipe(b, second.a, { signal: stop.signal }));
      const sent = await fillUp(a, 2 * cap);
      expect(second.a.stats.sendQueueBytes).toBeLessThanOrEqual(16 * 1024);
      stop.abort();
      const { code, bytesMoved } = await piping;
      expect(code).toBe('ERR_SOCK_ABORTED');
      const there = await second.b.recvExactly(bytesMoved);
      const rest = readAll(b);
      await a.shutdown();
      assertSameBytes(Buffer.concat([there, await rest]), sent);
    });

    test('a sink that breaks is told to the source, with the side', async () => {
      const { a, b } = await kit.open();
      const [to, sink] = memoryPair();
      kit.adopt(to);
      const piping = rejection<PipeError>(pipe(b, to));
      sink.destroy();
      expect(await piping).toMatchObject({ code: 'ERR_SOCK_RESET', side: 'to' });
      expect((await b.closed).how).toBe('reset');
      await drained(a);
    });

    test('a source that breaks resets the sink', async () => {
      const { a, b } = await kit.open();
      const [to, sink] = memoryPair();
      kit.adopt(to);
      const piping = pipe(b, to).then(() => undefined, (error: PipeError) => error);
      await a.send(bytes('part'));
      expect(text(await sink.recvExactly(4))).toBe('part');
      a.destroy();
      const error = await piping;
      if (!kit.capabilities.reset && error === undefined) return;
      expect(error).toMatchObject({ code: 'ERR_SOCK_RESET', side: 'from', bytesMoved: 4 });
      expect((await sink.closed).how).toBe('reset');
    });
  });

  describe('relay', () => {
    test('joins two connections until both sides have ended', async () => {
      const { a: client, b: near } = await kit.open();
      const { a: far, b: server } = await kit.open();
      const relaying = relay(near, far, { idleTimeout: '15s' });
      const question = pattern(150_000, 3);
      const answering = (async () => {
        for await (const chunk of server) await server.send(chunk.map((byte) => byte ^ 0xff));
        await server.shutdown();
      })();
      void client.send(question).then(() => client.shutdown());
      const answer = await readAll(client);
      await answering;
      assertSameBytes(answer, question.map((byte) => byte ^ 0xff));
      expect(await relaying).toMatchObject({ aToB: 150_000, bToA: 150_000 });
    });

    test('ends both when nothing moves', async () => {
      const { b: near } = await kit.open();
      const { a: far } = await kit.open();
      expect(await rejection<RelayError>(relay(near, far, { idleTimeout: 30 }))).toMatchObject({ code: 'ERR_SOCK_TIMEOUT', side: undefined });
      expect([(await near.closed).how, (await far.closed).how]).toEqual(['timeout', 'timeout']);
    });
  });

  test('batches and a writer in the shape of node:stream/iter carry everything both ways', async () => {
    const { a, b } = await kit.open();
    const [one, other] = [iterStream(a), iterStream(b)];
    const echoing = (async () => {
      for await (const batch of other.readable) {
        if (!other.writer.writevSync(batch)) await other.writer.writev(batch);
      }
      return await other.writer.end();
    })();
    const sent = pattern(200_000);
    const sending = one.writer.writev(['head', sent.slice()]).then(() => one.writer.end());
    const got: Uint8Array[] = [];
    for await (const batch of one.readable) got.push(...batch);
    expect([await sending, await echoing]).toEqual([200_004, 200_004]);
    assertSameBytes(Buffer.concat(got), Buffer.concat([bytes('head'), sent]));
  });

  test('a loop over batches that is left gives the receiving back', async () => {
    const { a, b } = await kit.open();
    await a.send(bytes('first'));
    for await (const batch of fromSocket(b)) {
      expect(text(Buffer.concat(batch))).toBe('first');
      break;
    }
    await a.send(bytes('second'));
    expect(text(await b.recvExactly(6))).toBe('second');
  });
}

async function sendAll(to: WritableStream<Uint8Array>, all: Uint8Array): Promise<void> {
  const writer = to.getWriter();
  for (let offset = 0; offset < all.length; offset += 30_000) {
    await writer.ready;
    await writer.write(all.slice(offset, offset + 30_000));
  }
  await writer.close();
}

async function collect(from: ReadableStream<Uint8Array>): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of from) chunks.push(chunk);
  return Buffer.concat(chunks);
}

/** Reads until the socket is over, one way or the other. */
async function drained(socket: Socket): Promise<void> {
  try {
    while ((await socket.recv()) !== null);
  } catch {
    // A reset is one of the ways.
  }
  await turns(1);
}
