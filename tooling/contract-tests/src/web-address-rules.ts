import { expect, test } from 'vitest';
import type { WebKit } from './web-kit.ts';
import { receive, thrown } from './web-kit.ts';
import { expectSocketError } from './web-socket-error.ts';

/** Addresses: what is taken, and what is refused at once. */
export function addressRules(kit: WebKit): void {
  test('AnySocketAddress: a text of hostname and port with a colon between them', async () => {
    const server = await kit.serve();
    const socket = kit.dial(`localhost:${server.port}`);
    const peer = await kit.secured(await kit.accept(server));
    await socket.writable.getWriter().write(new TextEncoder().encode('here'));
    expect(await receive(peer)).toBe('here');
  });

  test('AnySocketAddress: a dictionary { hostname, port }', async () => {
    const server = await kit.serve();
    const socket = kit.dial({ hostname: 'localhost', port: server.port });
    const peer = await kit.secured(await kit.accept(server));
    await socket.writable.getWriter().write(new TextEncoder().encode('here'));
    expect(await receive(peer)).toBe('here');
  });

  test.each([
    ['no port', 'localhost'],
    ['an empty port', 'localhost:'],
    ['no host', ':80'],
    ['nothing at all', ''],
    ['a port that is no number', 'localhost:http'],
    ['a port beyond 65535', 'localhost:65536'],
    ['a URL', 'https://localhost/'],
    ['an IPv6 address without brackets', '::1:80'],
    ['a blank in the name', 'local host:80'],
    ['a path', 'unix:/run/app.sock'],
  ])('connect: throws a SocketError at once for %s', (_what, address) => {
    expectSocketError(thrown(() => kit.begin(address)));
  });

  test.each([
    ['no hostname', { port: 80 }],
    ['no port', { hostname: 'localhost' }],
    ['an empty hostname', { hostname: '', port: 80 }],
    ['a port below 0', { hostname: 'localhost', port: -1 }],
    ['a port beyond 65535', { hostname: 'localhost', port: 65_536 }],
    ['a port with a fraction', { hostname: 'localhost', port: 80.5 }],
    ['null', null],
    ['a number', 80],
  ])('connect: throws a SocketError at once for a dictionary with %s', (_what, address) => {
    expectSocketError(thrown(() => kit.begin(address as unknown as string)));
  });
}
