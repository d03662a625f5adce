import { bytes, rejection } from '@sock/testkit';
import { describe, expect, test } from 'vitest';
import type { ApiPeer, ApiSocket, WebKit } from './web-kit.ts';
import { receive, stateOf, thrown } from './web-kit.ts';
import { expectSocketError } from './web-socket-error.ts';

/** Sections "startTls()" and "upgraded". */
export function startTlsRules(kit: WebKit): void {
  const testOther = kit.secureTransport === 'starttls' ? undefined : test;
  const describeStartTls = kit.secureTransport === 'starttls' ? describe : undefined;

  testOther?.('startTls: throws a SocketError unless secureTransport is starttls, and changes nothing', async () => {
    const { socket, peer } = await kit.open();
    expectSocketError(thrown(() => socket.startTls()));
    expect(socket.upgraded).toBe(false);
    await socket.writable.getWriter().write(bytes('as before'));
    expect(await receive(peer)).toBe('as before');
  });

  /** A plain connection of a program that has yet to ask for TLS. */
  const plain = async (): Promise<{ socket: ApiSocket; peer: ApiPeer }> => {
    const server = await kit.serve();
    const socket = kit.begin(server.address);
    const peer = await kit.accept(server);
    await socket.opened;
    return { socket, peer };
  };
  const upgraded = async (): Promise<{ old: ApiSocket; socket: ApiSocket; peer: ApiPeer }> => {
    const { socket: old, peer: plainPeer } = await plain();
    const socket = kit.keep(old.startTls());
    const peer = await kit.secured(plainPeer);
    await socket.opened;
    return { old, socket, peer };
  };

  describeStartTls?.('startTls', () => {
    test('secureTransport starttls: begins in plain text, both ways', async () => {
      const { socket, peer } = await plain();
      const writer = socket.writable.getWriter();
      await writer.write(bytes('STARTTLS\r\n'));
      expect(await receive(peer)).toBe('STARTTLS\r\n');
      await peer.send(bytes('GO\r\n'));
      expect(new TextDecoder().decode((await socket.readable.getReader().read()).value)).toBe('GO\r\n');
      expect(socket.upgraded).toBe(false);
    });

    test('startTls: the answer is a new socket over the same connection, and what it carries goes through TLS', async () => {
      const { socket: old, peer: plainPeer } = await plain();
      const info = await old.opened;
      const writer = old.writable.getWriter();
      const reader = old.readable.getReader();
      await writer.write(bytes('STARTTLS\r\n'));
      expect(await receive(plainPeer)).toBe('STARTTLS\r\n');
      await plainPeer.send(bytes('GO\r\n'));
      expect(new TextDecoder().decode((await reader.read()).value)).toBe('GO\r\n');
      const socket = kit.keep(old.startTls());
      expect(socket).not.toBe(old);
      const peer = await kit.secured(plainPeer);
      expect(await socket.opened).toMatchObject({ remoteAddress: info.remoteAddress, localAddress: info.localAddress });
      await socket.writable.getWriter().write(bytes('hidden'));
      expect(await receive(peer)).toBe('hidden');
    });

    test('upgraded: true on the original at once, false on the new socket', async () => {
      const { socket: old } = await plain();
      expect(old.upgraded).toBe(false);
      const socket = kit.keep(old.startTls());
      expect(old.upgraded).toBe(true);
      expect(socket.upgraded).toBe(false);
    });

    test('startTls: the original is closed, though the connection lives on', async () => {
      const { old, socket, peer } = await upgraded();
      expect(await old.closed).toBeUndefined();
      expect(await old.close()).toBeUndefined();
      expect(await stateOf(socket.closed)).toBe('pending');
      await peer.send(bytes('alive'));
      expect(new TextDecoder().decode((await socket.readable.getReader().read()).value)).toBe('alive');
    });

    test('startTls: readers and writers of the original no longer work', async () => {
      const { socket: old, peer: plainPeer } = await plain();
      const reader = old.readable.getReader();
      const writer = old.writable.getWriter();
      const reading = reader.read();
      const socket = kit.keep(old.startTls());
      expect(await reading).toEqual({ value: undefined, done: true });
      expect(await rejection(writer.write(bytes('lost')))).toBeInstanceOf(TypeError);
      const peer = await kit.secured(plainPeer);
      await socket.writable.getWriter().write(bytes('found'));
      expect(await receive(peer)).toBe('found');
      expect((await reader.read()).done).toBe(true);
    });

    test('startTls: what was written before it leaves in plain text before the handshake', async () => {
      const { socket: old, peer: plainPeer } = await plain();
      const writer = old.writable.getWriter();
      for (const word of ['one ', 'two ', 'three\n']) void writer.write(bytes(word));
      const socket = kit.keep(old.startTls());
      let text = '';
      // The ClientHello comes behind, and is no text.
      while (!text.includes('\n')) text += await receive(plainPeer);
      expect(text.startsWith('one two three\n')).toBe(true);
      await socket.close();
    });

    test('startTls: may be called while the connection is pending', async () => {
      const server = await kit.serve();
      const old = kit.begin(server.address);
      const socket = kit.keep(old.startTls());
      await kit.secured(await kit.accept(server));
      expect(await socket.opened).toMatchObject({ remoteAddress: (await old.opened).remoteAddress });
    });

    test('startTls: a second call on the original throws a SocketError', async () => {
      const { old, socket } = await upgraded();
      expectSocketError(thrown(() => old.startTls()));
      expect(await stateOf(socket.closed)).toBe('pending');
    });

    test('startTls: a call on the socket that it gave throws a SocketError', async () => {
      const { socket } = await upgraded();
      expectSocketError(thrown(() => socket.startTls()));
    });

    test('startTls: a call on a socket that was closed throws a SocketError', async () => {
      const { socket } = await plain();
      void socket.close();
      expectSocketError(thrown(() => socket.startTls()));
      expect(socket.upgraded).toBe(false);
    });

    test('startTls: bytes that came in clear are never read from the new socket', async () => {
      const { socket: old, peer: plainPeer } = await plain();
      await plainPeer.send(bytes('250 injected\r\n'));
      await stateOf(old.closed);
      const socket = kit.keep(old.startTls());
      const error = await rejection(socket.opened);
      expectSocketError(error);
      expect(await rejection(socket.closed)).toBe(error);
      expect((await socket.readable.getReader().read()).done).toBe(true);
    });
  });
}
