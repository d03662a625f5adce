import { once } from 'node:events';
import { connect } from 'node:tls';
import { createAuthority } from '@sock/dev-certs';
import { listen, tcp } from '@sock/io';
import { leakGuard, rejection } from '@sock/testkit';
import { expect, test } from 'vitest';
import { serving } from './serving.test-d.ts';
import { createClientContext, createServerContext } from '../index.ts';

leakGuard();

const authority = createAuthority();
const issued = authority.issue({ names: ['localhost', 'admin.test'] });

test('a closing dot gets nobody past a comparison of names: onClientHello hears the name without it', async () => {
  const heard: unknown[] = [];
  const context = createServerContext({ cert: issued.chain, key: issued.key, onClientHello: ({ serverName }) => {
    heard.push(serverName);
    return serverName === 'admin.test' ? { refuse: 'access_denied' } : undefined;
  } });
  await serving(context, async ({ port, errors }) => {
    for (const servername of ['admin.test', 'Admin.Test.']) {
      const client = connect({ port, host: '127.0.0.1', ca: authority.ca, servername });
      const [error] = (await once(client, 'error')) as [{ code: string }];
      expect(error.code).toBe('ERR_SSL_TLSV1_ALERT_ACCESS_DENIED');
    }
    expect(errors.map(({ code }) => code)).toEqual(['ERR_SOCK_TLS_HELLO_REFUSED', 'ERR_SOCK_TLS_HELLO_REFUSED']);
  });
  expect(heard).toEqual(['admin.test', 'admin.test']);
});

test.each(['onClientHello', 'alpn'] as const)('a server that breaks off by its own signal while %s decides is told so, and not that the function failed', async (option) => {
  await using listener = await listen({ host: '127.0.0.1', port: 0 });
  const stop = new AbortController();
  const never = async (): Promise<undefined> => {
    stop.abort();
    await once(new EventTarget(), 'never', { signal: AbortSignal.timeout(1000) }).catch(() => {});
  };
  const context = createServerContext({ cert: issued.chain, key: issued.key, [option]: never });
  const [near, far] = await Promise.all([tcp().connect(listener.endpoint as { host: string; port: number }), listener.accept()]);
  const client = near.upgrade(createClientContext({ ca: authority.ca, alpn: ['h2'] }), { serverName: 'localhost' }).catch(() => {});
  expect(await rejection(far.upgrade(context, undefined, { signal: stop.signal }))).toMatchObject({ code: 'ERR_SOCK_ABORTED' });
  await client;
});
