import { bytes, rejection } from '@sock/testkit';
import { expect, test } from 'vitest';
import type { WebKit } from './web-kit.ts';
import { readAll, receive, receiveAll, stateOf } from './web-kit.ts';
import { expectSocketError } from './web-socket-error.ts';

/** Sections "closed" and "allowHalfOpen": how the peer, and the streams, end a connection. */
export function closedRules(kit: WebKit): void {
  test('closed: a FIN that the reader comes to closes readable, writable and the socket', async () => {
    const { socket, peer } = await kit.open();
    const writer = socket.writable.getWriter();
    await peer.send(bytes('last words'));
    await peer.shutdown();
    expect(await readAll(socket.readable)).toBe('last words');
    expect(await socket.closed).toBeUndefined();
    await writer.closed;
    expect(await rejection(writer.write(bytes('late')))).toBeInstanceOf(TypeError);
    expect(await peer.recv()).toBeNull();
  });

  test('allowHalfOpen false: what was written before the FIN came still arrives', async () => {
    const { socket, peer } = await kit.open();
    const writer = socket.writable.getWriter();
    for (let index = 0; index < 20; index += 1) void writer.write(new Uint8Array(50_000));
    await peer.shutdown();
    const reading = readAll(socket.readable);
    expect((await receiveAll(peer)).length).toBe(1_000_000);
    await Promise.all([reading, socket.closed, writer.closed]);
  });

  test('allowHalfOpen false: a writable that nobody holds is closed as well', async () => {
    const { socket, peer } = await kit.open({ allowHalfOpen: false });
    await peer.shutdown();
    expect(await readAll(socket.readable)).toBe('');
    await socket.closed;
    await socket.writable.getWriter().closed;
  });

  test('closed: a FIN closes nothing while nobody reads', async () => {
    const { socket, peer } = await kit.open();
    await peer.send(bytes('unread'));
    await peer.shutdown();
    expect(await stateOf(socket.closed)).toBe('pending');
    await socket.writable.getWriter().write(bytes('still open'));
    expect(await receive(peer)).toBe('still open');
    expect(await readAll(socket.readable)).toBe('unread');
    await socket.closed;
  });

  test('allowHalfOpen true: after a FIN readable is closed, and writable can still be written to', async () => {
    const { socket, peer } = await kit.open({ allowHalfOpen: true });
    await peer.shutdown();
    expect(await readAll(socket.readable)).toBe('');
    expect(await stateOf(socket.closed)).toBe('pending');
    const writer = socket.writable.getWriter();
    await writer.write(bytes('afterwards'));
    await writer.close();
    expect(await receiveAll(peer)).toBe('afterwards');
  });

  test('closed: a RST that the reader comes to resolves it; readable and writable fail', async () => {
    const { socket, peer } = await kit.open();
    const writer = socket.writable.getWriter();
    // Settled first: a reset may overtake what was not read yet.
    await Promise.all([peer.send(bytes('.')), writer.write(bytes('.'))]);
    await receive(peer);
    const reader = socket.readable.getReader();
    await reader.read();
    const reading = rejection(reader.read());
    peer.destroy();
    expectSocketError(await reading);
    expect(await socket.closed).toBeUndefined();
    expectSocketError(await rejection(writer.closed));
  });

  test('closed: cancelling readable and closing writable does not resolve it', async () => {
    const { socket, peer } = await kit.open();
    await socket.readable.cancel();
    await socket.writable.close();
    expect(await peer.recv()).toBeNull();
    expect(await stateOf(socket.closed)).toBe('pending');
    await peer.shutdown();
    expect(await stateOf(socket.closed)).toBe('pending');
    expect(await socket.close()).toBeUndefined();
  });

  test('closed: cancelling through a reader, or closing through a writer, does not resolve it either', async () => {
    const { socket } = await kit.open();
    await socket.readable.getReader().cancel('enough');
    await socket.writable.getWriter().close();
    expect(await stateOf(socket.closed)).toBe('pending');
  });
}
