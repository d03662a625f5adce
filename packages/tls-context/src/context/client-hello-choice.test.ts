import { connect as tlsConnect } from 'node:tls';
import type { TLSSocket } from 'node:tls';
import { upgradeConnector, upgradeListener } from '@sock/core';
import { createAuthority } from '@sock/dev-certs';
import { connect, listen, tcp } from '@sock/io';
import { leakGuard, rejection, until } from '@sock/testkit';
import { describe, expect, test } from 'vitest';
import type { ClientContextOptions, HelloFacts, ServerContextOptions, TlsError, TlsInfo } from '../index.ts';
import { createClientContext, createServerContext, peekProtocol, TLS_INFO } from '../index.ts';

leakGuard();

const authority = createAuthority();
const issue = (...names: string[]): { chain: string; key: string } => authority.issue({ names });
const main = issue('main.test');
const exact = issue('a.shop.test');
const wild = issue('*.shop.test');

interface Served {
  readonly port: number;
  readonly errors: TlsError[];
  ask(name: string, options?: ClientContextOptions): Promise<{ client: TlsInfo; server: TlsInfo }>;
}

async function serve(options: Partial<ServerContextOptions>, run: (served: Served) => Promise<void>): Promise<void> {
  const errors: TlsError[] = [];
  const context = createServerContext({ cert: main.chain, key: main.key, ...options });
  const listener = upgradeListener(await listen({ host: '127.0.0.1', port: 0 }), context, { onUpgradeError: (error) => errors.push(error as TlsError) });
  const { port } = listener.endpoint as { port: number };
  try {
    await run({
      port, errors,
      ask: async (serverName, own = {}) => {
        const stop = new AbortController();
        const accepting = listener.accept({ signal: stop.signal });
        void accepting.catch(() => {});
        const dial = upgradeConnector(tcp(), createClientContext({ ca: authority.ca, serverName, ...own }));
        const near = await dial.connect({ host: '127.0.0.1', port }).catch((error: unknown) => {
          stop.abort();
          throw error;
        });
        const far = await accepting;
        const infos = { client: near.get(TLS_INFO) as TlsInfo, server: far.get(TLS_INFO) as TlsInfo };
        near.destroy();
        far.destroy();
        return infos;
      },
    });
  } finally {
    await listener.close();
  }
}

describe('certificates by server name', () => {
  const certificates = [{ cert: exact.chain, key: exact.key }, { cert: wild.chain, key: wild.key }];

  test.each([
    ['an exact name before a wildcard', 'a.shop.test', exact],
    ['a wildcard for one label', 'b.shop.test', wild],
    ['the default certificate by its own name', 'main.test', main],
  ])('%s', async (_what, name, certificate) => {
    await serve({ certificates }, async ({ ask }) => {
      const { client, server } = await ask(name);
      expect(client.peerCertificate?.toString().trim()).toBe(certificate.chain.split(/(?<=-----END CERTIFICATE-----)/)[0]?.trim());
      expect(server.serverName).toBe(name);
    });
  });

  test('an unknown name gets the default certificate, which the client refuses', async () => {
    await serve({ certificates }, async ({ ask }) => {
      expect((await rejection(ask('x.y.shop.test'))).code).toBe('ERR_SOCK_TLS_NAME_MISMATCH');
    });
  });

  test('or the alert "unrecognized_name", when unknown names are refused', async () => {
    await serve({ certificates, unknownName: 'refuse' }, async ({ ask, errors }) => {
      expect(await rejection<TlsError>(ask('unknown.test'))).toMatchObject({ code: 'ERR_SOCK_TLS_ALERT', alert: 'unrecognized_name' });
      expect(errors[0]).toMatchObject({ code: 'ERR_SOCK_TLS_UNKNOWN_NAME', message: expect.stringContaining('"unknown.test"') });
      expect((await ask('a.shop.test')).client.verified).toBe(true);
    });
  });

  test('keys of two types for one name: each client gets the one it can use', async () => {
    const both = { rsa: authority.issue({ names: ['main.test'], keyType: 'rsa' }), ec: authority.issue({ names: ['main.test'], keyType: 'ec' }) };
    await serve({ cert: both.rsa.chain, key: both.rsa.key, certificates: [{ cert: both.ec.chain, key: both.ec.key }] }, async ({ port, ask }) => {
      expect((await ask('main.test')).client.peerCertificate?.publicKey.asymmetricKeyType).toBe('ec');
      const old: TLSSocket = tlsConnect({ host: '127.0.0.1', port, servername: 'main.test', ca: authority.ca, maxVersion: 'TLSv1.2', ciphers: 'ECDHE-RSA-AES128-GCM-SHA256' });
      await new Promise((resolve, reject) => old.once('secureConnect', resolve).once('error', reject));
      expect(old.getPeerX509Certificate()?.publicKey.asymmetricKeyType).toBe('rsa');
      old.destroy();
    });
  });

  test('two certificates of one key type for the same names are a mistake', () => {
    const make = (): unknown => createServerContext({ cert: main.chain, key: main.key, certificates: [issue('main.test')].map(({ chain, key }) => ({ cert: chain, key })) });
    expect(make).toThrow(/certificates\[0\]: there is a certificate with a key of type/);
  });
});

describe('onClientHello', () => {
  test('sees the hello, and the context that it returns has its own certificate and client rules', async () => {
    const seen: HelloFacts[] = [];
    const strict = createServerContext({ cert: exact.chain, key: exact.key, ca: authority.ca });
    const worker = authority.issue({ usage: 'client', commonName: 'worker' });
    await serve({
      onClientHello: async (hello) => {
        seen.push(hello);
        await Promise.resolve();
        return hello.serverName === 'a.shop.test' ? strict : undefined;
      },
    }, async ({ ask }) => {
      expect((await ask('main.test', { alpn: ['one', 'two'] })).server.verified).toBe(false);
      const { server } = await ask('a.shop.test', { cert: worker.chain, key: worker.key });
      expect(server.peerCertificate?.subject).toBe('CN=worker');
      expect(seen[0]).toMatchObject({ serverName: 'main.test', alpn: ['one', 'two'], versions: ['TLSv1.3', 'TLSv1.2'], remote: { host: '127.0.0.1' } });
    });
  });

  test('refuses with the alert that it names', async () => {
    await serve({ onClientHello: () => ({ refuse: 'access_denied' }) }, async ({ ask, errors }) => {
      expect(await rejection<TlsError>(ask('main.test'))).toMatchObject({ alert: 'access_denied' });
      expect(errors[0]).toMatchObject({ code: 'ERR_SOCK_TLS_HELLO_REFUSED', message: expect.stringContaining('"main.test": onClientHello refused it') });
    });
  });

  test('that throws refuses that client alone, and the reason is kept', async () => {
    const fault = new Error('the database is away');
    let broken = true;
    await serve({ onClientHello: () => { if (broken) throw fault; return undefined; } }, async ({ ask, errors }) => {
      expect(await rejection<TlsError>(ask('main.test'))).toMatchObject({ alert: 'internal_error' });
      expect(errors[0]).toMatchObject({ code: 'ERR_SOCK_TLS_HELLO_REFUSED', cause: fault });
      broken = false;
      expect((await ask('main.test')).client.verified).toBe(true);
    });
  });

  test('that never answers ends with the time of the handshake', async () => {
    await serve({ handshakeTimeout: '200ms', onClientHello: () => new Promise<undefined>(() => {}) }, async ({ ask, errors }) => {
      await rejection(ask('main.test'));
      await until(() => errors.length > 0, 'the server gives up');
      expect((errors[0] as TlsError).cause).toMatchObject({ code: 'ERR_SOCK_TIMEOUT' });
    });
  });
});

describe('ALPN', () => {
  test('a function chooses from what the client offers', async () => {
    await serve({ alpn: (offered, { serverName }) => offered.find((name) => name === `${serverName}/2`) }, async ({ ask, errors }) => {
      const { client, server } = await ask('main.test', { alpn: ['x', 'main.test/2'] });
      expect([client.alpn, server.alpn]).toEqual(['main.test/2', 'main.test/2']);
      expect(await rejection<TlsError>(ask('main.test', { alpn: ['x'] }))).toMatchObject({ alert: 'no_application_protocol' });
      expect(errors[0]).toMatchObject({ code: 'ERR_SOCK_TLS_NO_ALPN', message: expect.stringContaining('x') });
      expect((await ask('main.test')).client.alpn).toBeUndefined();
    });
  });
});

test('one port serves plain and TLS: peekProtocol says which', async () => {
  const listener = await listen({ host: '127.0.0.1', port: 0 });
  const context = createServerContext({ cert: main.chain, key: main.key });
  const [plain, server] = await Promise.all([connect(listener.endpoint), listener.accept()]);
  await plain.send(Buffer.from('hello'));
  expect(await peekProtocol(server)).toBe('plain');
  expect(Buffer.from(await server.recvExactly(5)).toString()).toBe('hello');
  const [dialled, second] = await Promise.all([connect(listener.endpoint), listener.accept()]);
  const client = dialled.upgrade(createClientContext({ ca: authority.ca }), { serverName: 'main.test' });
  expect(await peekProtocol(second)).toBe('tls');
  const [secure, far] = await Promise.all([client, second.upgrade(context)]);
  expect(secure.get(TLS_INFO)?.verified).toBe(true);
  for (const one of [plain, server, secure, far]) one.destroy();
  await listener.close();
});

test('a handshake waits for its turn when maxHandshakes are under way, and clients that said nothing count for none', async () => {
  let open: (() => void) | undefined;
  let asked = 0;
  const first = new Promise<void>((resolve) => { open = resolve; });
  await serve({ maxHandshakes: 1, onClientHello: async () => { asked += 1; if (asked === 1) await first; return undefined; } }, async ({ port, ask }) => {
    const silent = await connect({ host: '127.0.0.1', port });
    const one = ask('main.test');
    await until(() => asked === 1, 'the first is asked for');
    const two = ask('main.test');
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(asked).toBe(1);
    open?.();
    expect((await Promise.all([one, two])).map(({ client }) => client.verified)).toEqual([true, true]);
    expect(asked).toBe(2);
    silent.destroy();
  });
});
