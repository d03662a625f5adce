import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { connect, createServer } from 'node:tls';
import { createAuthority } from '@sock/dev-certs';
import { leakGuard } from '@sock/testkit';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { peerOf, withoutPeer } from './bare-session.ts';

leakGuard();

const authority = createAuthority();
const leaf = authority.issue({ names: ['localhost'] });
const ownDer = Buffer.from(leaf.cert.replace(/-----[^-]+-----|\s/g, ''), 'base64');

it.each([['TLSv1.2'], ['TLSv1.3']] as const)('a session of %s without the certificate is resumed as the whole one is', async (version) => {
  const server = createServer({ cert: leaf.chain, key: leaf.key, minVersion: version, maxVersion: version }, (socket) => {
    socket.on('data', (chunk) => socket.write(chunk));
    socket.on('error', () => {});
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const { port } = server.address() as AddressInfo;
  const visit = async (session?: Uint8Array): Promise<{ session: Buffer | undefined; resumed: boolean }> => {
    // Under TLS 1.2 Node itself would refuse a session without a certificate; ours is verified with the chain that is kept beside it.
    const client = connect({ host: '127.0.0.1', port, ca: authority.ca, servername: 'localhost', rejectUnauthorized: session === undefined, ...(session === undefined ? {} : { session: Buffer.from(session) }) });
    let given: Buffer | undefined;
    client.on('session', (bytes) => (given = ofEngine(bytes)));
    await once(client, 'secureConnect');
    const resumed = client.isSessionReused();
    client.write('x');
    await once(client, 'data');
    client.end();
    await once(client, 'close');
    return { session: given, resumed };
  };
  const whole = (await visit()).session as Buffer;
  const bare = withoutPeer(whole);
  expect(whole.includes(ownDer)).toBe(true);
  expect(Buffer.from(bare).includes(ownDer)).toBe(false);
  expect(Buffer.from(peerOf(whole) ?? []).equals(ownDer)).toBe(true);
  expect(peerOf(bare)).toBeUndefined();
  expect(whole.length - bare.length).toBeGreaterThanOrEqual(ownDer.length);
  expect((await visit(whole)).resumed).toBe(true);
  expect((await visit(bare)).resumed).toBe(true);
  expect(withoutPeer(bare)).toBe(bare);
  server.close();
  await once(server, 'close');
});

/** What the engine gave: newer releases of Node put a line and the server's name before it, for those who take sessions from `session`. */
function ofEngine(session: Buffer): Buffer {
  if (session[0] === 0x30) return session;
  const name = '\0nodejs:tls:session:1\0'.length;
  return session.subarray(name + 2 + session.readUInt16BE(name));
}

it('whatever is no session, or is cut off, comes back as it is', () => {
  fc.assert(fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
    // By chance it may be a sequence with an element [3] that fills it.
    const result = withoutPeer(bytes);
    expect(result === bytes || result.length < bytes.length).toBe(true);
  }));
  for (const bytes of [[], [0x30], [0x30, 0x80], [0x30, 0x03, 0xa3, 0x02, 0x01], [0x31, 0x02, 0xa3, 0x00], [0x30, 0x84, 0, 0, 0, 0]]) {
    const given = Uint8Array.from(bytes);
    expect(withoutPeer(given)).toBe(given);
  }
});

it('only the element [3] goes, and the length before the rest says so', () => {
  fc.assert(fc.property(fc.uint8Array({ maxLength: 400 }), fc.uint8Array({ maxLength: 400 }), fc.uint8Array({ maxLength: 400 }), (before, peer, after) => {
    const others = [element(0x04, before), element(0xa4, after)] as const;
    const whole = element(0x30, Uint8Array.from([...others[0], ...element(0xa3, peer), ...others[1]]));
    expect(withoutPeer(whole)).toEqual(element(0x30, Uint8Array.from([...others[0], ...others[1]])));
    expect(peerOf(whole)).toEqual(peer);
  }));
});

function element(tag: number, content: Uint8Array): Uint8Array {
  const { length } = content;
  const header = length < 0x80 ? [length] : length < 0x100 ? [0x81, length] : [0x82, length >> 8, length & 0xff];
  return Uint8Array.from([tag, ...header, ...content]);
}
