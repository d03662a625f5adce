import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import * as tls from 'node:tls';
import { afterEach, describe, expect, it } from 'vitest';
import { createAuthority, createSelfSigned } from './index.ts';

const servers: tls.Server[] = [];

afterEach(async () => {
  await Promise.all(servers.splice(0).map((server) => once(server.close(), 'close')));
});

const authority = createAuthority();
const { ca } = authority;
const localhost = { names: ['localhost', '*.example.test'], ips: ['127.0.0.1'] };

describe('a TLS handshake of Node.js', () => {
  it.each(['ec', 'ec-p384', 'rsa'] as const)('succeeds with an %s leaf, its name and its root', async (keyType) => {
    const { chain, key } = authority.issue({ ...localhost, keyType });
    expect(await shake({ cert: chain, key }, { ca, servername: 'localhost' })).toEqual({ client: 'authorized', server: 'secured' });
  });

  it('succeeds through an intermediate, which the server presents', async () => {
    const { chain, key } = authority.issueIntermediate().issue(localhost);
    expect((await shake({ cert: chain, key }, { ca, servername: 'a.example.test' })).client).toBe('authorized');
  });

  it('fails when the server keeps the intermediate to itself', async () => {
    const { cert, key } = authority.issueIntermediate().issue(localhost);
    expect((await shake({ cert, key }, { ca, servername: 'localhost' })).client).toBe('UNABLE_TO_VERIFY_LEAF_SIGNATURE');
  });

  it('accepts the address of the certificate and refuses a certificate without it', async () => {
    const [right, wrong] = [authority.issue(localhost), authority.issue({ ips: ['127.0.0.2'] })];
    expect((await shake({ cert: right.chain, key: right.key }, { ca })).client).toBe('authorized');
    expect((await shake({ cert: wrong.chain, key: wrong.key }, { ca })).client).toBe('ERR_TLS_CERT_ALTNAME_INVALID');
  });

  it('fails for a name that is not in the certificate', async () => {
    const { chain, key } = authority.issue(localhost);
    expect((await shake({ cert: chain, key }, { ca, servername: 'example.org' })).client).toBe('ERR_TLS_CERT_ALTNAME_INVALID');
  });

  it('fails for a root that is not trusted', async () => {
    const { chain, key } = authority.issue(localhost);
    const other = createAuthority({ name: 'Another root' }).ca;
    expect((await shake({ cert: chain, key }, { ca: other, servername: 'localhost' })).client).toBe('UNABLE_TO_VERIFY_LEAF_SIGNATURE');
  });

  it.each([
    ['expired', 'CERT_HAS_EXPIRED'],
    ['not-yet-valid', 'CERT_NOT_YET_VALID'],
  ] as const)('fails for a certificate that is %s', async (validity, code) => {
    const { chain, key } = authority.issue({ ...localhost, validity });
    expect((await shake({ cert: chain, key }, { ca, servername: 'localhost' })).client).toBe(code);
  });

  it('fails for a server that shows a client certificate', async () => {
    const { chain, key } = authority.issue({ ...localhost, usage: 'client' });
    expect((await shake({ cert: chain, key }, { ca, servername: 'localhost' })).client).toBe('INVALID_PURPOSE');
  });

  it('accepts a self-signed certificate that is trusted and refuses one that is not', async () => {
    const { chain, key, ca: own } = createSelfSigned(localhost);
    expect((await shake({ cert: chain, key }, { ca: own, servername: 'localhost' })).client).toBe('authorized');
    expect((await shake({ cert: chain, key }, { ca, servername: 'localhost' })).client).toBe('DEPTH_ZERO_SELF_SIGNED_CERT');
  });

  it.each(['ec', 'rsa'] as const)('takes key and chain from PKCS#12 with an %s key', async (keyType) => {
    const pfx = authority.issueIntermediate().issue({ ...localhost, keyType }).pkcs12({ passphrase: 'p\u00E4ss \u{1F511}' });
    expect((await shake({ pfx, passphrase: 'p\u00E4ss \u{1F511}' }, { ca, servername: 'localhost' })).client).toBe('authorized');
    expect(() => tls.createSecureContext({ pfx, passphrase: 'wrong' })).toThrow(/^mac verify failure$/);
  });

  it('trusts the root of a PKCS#12 file exactly when it was put in', async () => {
    const server = authority.issue(localhost);
    const client = authority.issue({ usage: 'client', commonName: 'worker' });
    const dial = (pfx: Buffer): Promise<Outcome> =>
      shake({ cert: server.chain, key: server.key }, { pfx, passphrase: 'x', servername: 'localhost' });
    expect((await dial(client.pkcs12({ passphrase: 'x', root: true }))).client).toBe('authorized');
    expect((await dial(client.pkcs12({ passphrase: 'x' }))).client).toBe('UNABLE_TO_VERIFY_LEAF_SIGNATURE');
  });

  it('lets in a client certificate, and neither a server certificate nor none', async () => {
    const server = authority.issue(localhost);
    // Node.js decides after the handshake and would only say ECONNRESET; so the test looks at its verdict itself.
    const ask = { cert: server.chain, key: server.key, ca, requestCert: true, rejectUnauthorized: false };
    const dial = (client: tls.SecureContextOptions): Promise<Outcome> => shake(ask, { ...client, ca, servername: 'localhost' });
    const [right, wrong] = [authority.issue({ usage: 'client' }), authority.issue({ ...localhost, usage: 'server' })];
    expect((await dial({ cert: right.chain, key: right.key })).server).toBe('secured');
    expect((await dial({ cert: wrong.chain, key: wrong.key })).server).toBe('INVALID_PURPOSE');
    expect((await dial({})).server).toBe('UNABLE_TO_GET_ISSUER_CERT');
  });
});

interface Outcome {
  /** `authorized`, or the code of the client's error. */
  readonly client: string;
  /** `secured`, what the server has against the client's certificate, or the code of its error. */
  readonly server: string;
}

/** One handshake over loopback; both ends are gone when it returns. */
async function shake(server: tls.TlsOptions, client: tls.ConnectionOptions): Promise<Outcome> {
  const listener = tls.createServer({ ...server, minVersion: 'TLSv1.2' });
  servers.push(listener);
  const accepted = new Promise<string>((resolve) => {
    listener.once('secureConnection', (socket: tls.TLSSocket) => {
      socket.on('error', () => {}).destroy(); // The client may have gone already; what counts is that the handshake was done.
      resolve(server.requestCert === true && !socket.authorized ? String(socket.authorizationError) : 'secured');
    });
    listener.once('tlsClientError', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message));
  });
  await once(listener.listen(0, '127.0.0.1'), 'listening');
  const { port } = listener.address() as AddressInfo;
  const socket = tls.connect({ ...client, host: '127.0.0.1', port });
  const connected = new Promise<string>((resolve) => {
    socket.once('secureConnect', () => resolve('authorized'));
    socket.on('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message));
  });
  const outcome = { client: await connected, server: await accepted };
  socket.destroy();
  return outcome;
}
