import { rejection, sniffingProxy } from '@sock/testkit';
import { expect, test } from 'vitest';
import type { WebKit } from './web-kit.ts';
import { receive, thrown } from './web-kit.ts';
import { expectSocketError } from './web-socket-error.ts';

/** Section "SocketOptions". */
export function optionRules(kit: WebKit): void {
  const testTls = kit.secureTransport === 'off' ? undefined : test;
  const testPlain = kit.secureTransport === 'off' ? test : undefined;

  testPlain?.('secureTransport: off is the default, and off is plain text', async () => {
    for (const options of [undefined, {}, { secureTransport: 'off' } as const, { secureTransport: undefined }]) {
      const server = await kit.serve();
      const socket = kit.keep(kit.connect(server.address, options as object));
      const peer = await kit.accept(server);
      await socket.writable.getWriter().write(new TextEncoder().encode('in clear'));
      expect(await receive(peer)).toBe('in clear');
      expect(socket.upgraded).toBe(false);
    }
  });

  test.each(['ON', 'tls', '', 1])('secureTransport: %j is none of the three, and a TypeError', (kind) => {
    expect(thrown(() => kit.connect('localhost:1', { secureTransport: kind as 'on' }))).toBeInstanceOf(TypeError);
  });

  test.each([{ option: 'sni', value: 'localhost' }, { option: 'alpn', value: ['kit/1'] }])('$option: is only for TLS, and a TypeError without it', ({ option, value }) => {
    // Without a word about it, what counts is the default of the binding object.
    if (kit.secureTransport === 'off') expectSocketError(thrown(() => kit.connect('localhost:1', { [option]: value })));
    expectSocketError(thrown(() => kit.connect('localhost:1', { secureTransport: 'off', [option]: value })));
  });

  test('sni and alpn: their defaults, null and an empty list, may be given to any connection', async () => {
    const { socket } = await kit.open({ sni: null, alpn: [] });
    expect((await socket.opened).alpn).toBeNull();
  });

  testTls?.('alpn: what is no list of names is a TypeError', () => {
    for (const alpn of ['kit/1', [''], [1], 1]) expect(thrown(() => kit.begin('localhost:1', { alpn: alpn as string[] }))).toBeInstanceOf(TypeError);
  });

  testTls?.('sni: is sent in the handshake', async () => {
    const server = await kit.serve();
    const socket = kit.dial(`127.0.0.1:${server.port}`, { sni: 'localhost' });
    const peer = await kit.secured(await kit.accept(server));
    await socket.opened;
    expect(peer.serverName).toBe('localhost');
  });

  testTls?.('sni: the certificate must be for that name', async () => {
    const server = await kit.serve();
    const socket = kit.dial(server.address, { sni: 'other.test' });
    // Its handshake fails, too, or is never told of.
    void kit.accept(server).then((peer) => kit.secured(peer)).catch(() => {});
    const error = await rejection<TypeError>(socket.opened);
    expectSocketError(error);
    expect(error.message).toContain('other.test');
  });

  testTls?.('secureTransport: nothing that was written after the handshake crosses the wire in clear', async () => {
    const server = await kit.serve();
    const proxy = await sniffingProxy({ port: server.port });
    try {
      const socket = kit.dial(`localhost:${proxy.port}`);
      const peer = await kit.secured(await kit.accept(server));
      await socket.writable.getWriter().write(new TextEncoder().encode('a secret'));
      expect(await receive(peer)).toBe('a secret');
      const wire = await proxy.next();
      expect(wire.up.length).toBeGreaterThan(0);
      expect(wire.up.includes('secret')).toBe(false);
      await peer.shutdown();
      await socket.close();
    } finally {
      await proxy.close();
    }
  });
}
