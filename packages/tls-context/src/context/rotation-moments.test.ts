import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createAuthority } from '@sock/dev-certs';
import { tcp } from '@sock/io';
import { bytes, leakGuard, turns, until } from '@sock/testkit';
import { expect, test } from 'vitest';
import type { ServerContext, ServerContextOptions } from '../index.ts';
import { createClientContext, createServerContext, TLS_INFO } from '../index.ts';
import { crlCheck } from '../revocation.ts';
import { resumed, serving } from './serving.test-d.ts';

leakGuard();

const authority = createAuthority();
const issued = authority.issue({ names: ['localhost'] });
const worker = authority.issue({ usage: 'client', commonName: 'worker' });
const server = (options: Partial<ServerContextOptions> = {}): ServerContext => createServerContext({ cert: issued.chain, key: issued.key, ca: authority.ca, ...options });
const mutual = { ca: authority.ca, cert: worker.chain, key: worker.key };

test.each<[string, ServerContextOptions['sessions']]>([['another ticket secret', { ticketSecret: 'x'.repeat(32) }], ['no sessions', false]])(
  'a client that has connected, and begins its handshake after an update to %s, gets in', async (_what, sessions) => {
    const context = server();
    await serving(context, async ({ port, errors }) => {
      const plain = await tcp().connect({ host: '127.0.0.1', port });
      await turns(20);
      context.update({ sessions });
      const secure = await plain.upgrade(createClientContext(mutual), 'localhost');
      await secure.send(bytes('hi'));
      await secure.recvExactly(2, { timeout: '5s' });
      expect(errors).toEqual([]);
      secure.destroy();
    });
  },
);

test('a client whose hello is being judged while the ticket secret changes gets in, and its ticket is good', async () => {
  const context: ServerContext = server({
    onClientHello: async () => {
      if (!rotated) context.update({ sessions: { ticketSecret: 'x'.repeat(32) } });
      rotated = true;
      return undefined;
    },
  });
  let rotated = false;
  const dial = createClientContext(mutual);
  await serving(context, async ({ visit, errors }) => {
    expect([resumed(await visit(dial)), resumed(await visit(dial))]).toEqual([false, true]);
    expect(errors).toEqual([]);
  });
});

test('a client that has connected, and begins its handshake after the authorities changed, is judged by the new ones', async () => {
  const context = server();
  await serving(context, async ({ port, errors }) => {
    const plain = await tcp().connect({ host: '127.0.0.1', port });
    await turns(20);
    context.update({ ca: createAuthority().ca });
    const secure = await plain.upgrade(createClientContext(mutual), 'localhost');
    expect(secure.get(TLS_INFO)?.verified).toBe(true);
    await until(() => errors.length > 0, 'the server refuses the client');
    expect(errors[0]).toMatchObject({ code: 'ERR_SOCK_TLS_UNKNOWN_ISSUER' });
    secure.destroy();
  });
});

test('an update that fails does not take revocation lists with it that changed as well', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'sock-moments-'));
  const file = join(folder, 'lists.pem');
  await writeFile(file, authority.crl().pem);
  const context = server({ crl: crlCheck({ lists: { file }, reload: '1d' }) });
  const key = context.key(undefined);
  await writeFile(file, authority.crl({ revoked: [{ certificate: worker }] }).pem);
  expect(() => context.update({ cert: 'no certificate' })).toThrow(expect.objectContaining({ code: 'ERR_SOCK_TLS_PEM', option: 'cert' }));
  expect(context.key(undefined)).toBe(key);
  await serving(context, async ({ visit, refused }) => {
    await visit(createClientContext(mutual));
    context.update({});
    expect(await refused(createClientContext(mutual))).toMatchObject({ code: 'ERR_SOCK_TLS_REVOKED' });
  });
  const later = context.key(undefined);
  await writeFile(file, 'no list');
  expect(() => context.update({ alpn: ['new'] })).toThrow(expect.objectContaining({ code: 'ERR_SOCK_TLS_CRL_INVALID', option: 'lists' }));
  expect(context.key(undefined), 'and the other way round').toBe(later);
  await rm(folder, { recursive: true });
});
