import { assertSameBytes, bytes, pattern, rejection } from '@sock/testkit';
import { expect, test } from 'vitest';
import type { WebKit } from './web-kit.ts';
import { readAll, receive, receiveAll } from './web-kit.ts';
import { expectSocketError } from './web-socket-error.ts';

/** Sections "readable" and "writable", and the example of "Using a socket". */
export function streamRules(kit: WebKit): void {
  test('readable: receives what the server sends, in order', async () => {
    const { socket, peer } = await kit.open();
    const sent = pattern(300_000);
    const sending = peer.send(sent).then(() => peer.shutdown());
    const chunks: Uint8Array[] = [];
    for await (const chunk of socket.readable) {
      expect(chunk).toBeInstanceOf(Uint8Array);
      chunks.push(chunk);
    }
    assertSameBytes(Buffer.concat(chunks), sent);
    await sending;
  });

  test('readable: it is no byte stream, so that a BYOB reader is refused', async () => {
    const { socket } = await kit.open();
    expect(() => socket.readable.getReader({ mode: 'byob' })).toThrow(TypeError);
    socket.readable.getReader().releaseLock();
  });

  test('readable: a reader that lets go of it loses nothing to the next one', async () => {
    const { socket, peer } = await kit.open();
    const first = socket.readable.getReader();
    const reading = rejection(first.read());
    first.releaseLock();
    expect(await reading).toBeInstanceOf(TypeError);
    await peer.send(bytes('all of it'));
    await peer.shutdown();
    expect(await readAll(socket.readable)).toBe('all of it');
  });

  test('writable: sends to the server, in order', async () => {
    const { socket, peer } = await kit.open({ allowHalfOpen: true });
    const sent = pattern(300_000);
    const receiving = (async () => {
      const chunks: Uint8Array[] = [];
      for (let chunk = await peer.recv(); chunk !== null; chunk = await peer.recv()) chunks.push(chunk);
      return Buffer.concat(chunks);
    })();
    const writer = socket.writable.getWriter();
    for (let at = 0; at < sent.length; at += 7_001) await writer.write(sent.subarray(at, at + 7_001));
    await writer.close();
    assertSameBytes(await receiving, sent);
  });

  test('writable: a writer that is not awaited is kept in order, too', async () => {
    const { socket, peer } = await kit.open();
    const writer = socket.writable.getWriter();
    for (const word of ['one ', 'two ', 'three']) void writer.write(bytes(word));
    await writer.close();
    expect(await receiveAll(peer)).toBe('one two three');
  });

  test('writable: closing it is this side\'s end alone', async () => {
    const { socket, peer } = await kit.open();
    await socket.writable.close();
    expect(await peer.recv()).toBeNull();
    await peer.send(bytes('still heard'));
    await peer.shutdown();
    expect(await readAll(socket.readable)).toBe('still heard');
  });

  test('writable: takes the output of a pipe', async () => {
    const { socket, peer } = await kit.open();
    await new Blob(['piped']).stream().pipeTo(socket.writable);
    expect(await receiveAll(peer)).toBe('piped');
  });

  test('Using a socket: text that is written is sent as UTF-8', async () => {
    const { socket, peer } = await kit.open();
    const writer = socket.writable.getWriter();
    await writer.write('Hello, Wörld!\r\n' as unknown as Uint8Array);
    expect(await receive(peer)).toBe('Hello, Wörld!\r\n');
  });

  test('writable: what is neither bytes nor text is a SocketError of that write', async () => {
    const { socket } = await kit.open();
    expectSocketError(await rejection(socket.writable.getWriter().write({ length: 3 } as unknown as Uint8Array)));
  });
}
