import type { Listener } from '@sock/core';
import { isTcpEndpoint, upgradeConnector, upgradeListener } from '@sock/core';
import { reconnecting, retryConnector } from '@sock/core/retry';
import { listen, tcp } from '@sock/io';
import { bytes, leakGuard, rejection, text } from '@sock/testkit';
import { createClientContext, createServerContext, TLS_INFO } from '@sock/tls-context';
import { expect, test } from 'vitest';
import { freePort } from './free-port.ts';
import { certificatesOfFile } from './matrix.ts';

const certificates = certificatesOfFile();
leakGuard();

const quick = { backoff: { base: 5, max: 20 } } as const;

test('a server that is restarted, over TCP and over TLS, is found again', async () => {
  const { ca, server } = certificates('EC');
  const context = createServerContext({ cert: server.chain, key: server.key });
  const cases = [
    [tcp(), (plain: Listener) => plain],
    [upgradeConnector(tcp(), createClientContext({ ca })), (plain: Listener) => upgradeListener(plain, context)],
  ] as const;
  for (const [connector, over] of cases) {
    const port = await freePort();
    const start = async (): Promise<Listener> => over(await listen({ host: '127.0.0.1', port }));
    const connection = reconnecting(connector, { host: 'localhost', port }, quick);
    const states: string[] = [];
    connection.onState(({ state }) => states.push(state));
    for (const word of ['first', 'second']) {
      const listener = await start();
      const accepted = await listener.accept();
      const socket = await connection.socket();
      await accepted.send(bytes(word));
      expect(text(await socket.recv())).toBe(word);
      await listener.close();
      accepted.destroy();
      await socket.closed;
    }
    expect(states.filter((state) => state === 'open')).toHaveLength(2);
    await connection.close();
  }
});

test('a server whose certificate is not trusted is not asked again: trust is no matter of patience', async () => {
  const { server } = certificates('EC');
  await using listener = upgradeListener(await listen('127.0.0.1:0'), createServerContext({ cert: server.chain, key: server.key }));
  const target = { host: 'localhost', port: isTcpEndpoint(listener.endpoint) ? listener.endpoint.port : 0 };
  const dial = upgradeConnector(tcp(), createClientContext({}));
  const error = await rejection<Error & { category: string }>(retryConnector(dial, quick).connect(target));
  expect(error).toMatchObject({ category: 'trust', name: expect.stringMatching(/^TlsError/) });
  const connection = reconnecting(dial, target, quick);
  expect((await connection.closed).cause).toMatchObject({ category: 'trust' });
  expect(connection.state).toBe('closed');
});

test('under TLS 1.3 a client that is refused after its handshake gives up as well', async () => {
  const { ca, server } = certificates('EC');
  await using listener = upgradeListener(await listen('127.0.0.1:0'), createServerContext({ cert: server.chain, key: server.key, ca }));
  const target = { host: 'localhost', port: isTcpEndpoint(listener.endpoint) ? listener.endpoint.port : 0 };
  const connection = reconnecting(upgradeConnector(tcp(), createClientContext({ ca, minVersion: 'TLSv1.3' })), target, quick);
  const opened: unknown[] = [];
  connection.onState((change) => void (change.state === 'open' && opened.push(change.socket.get(TLS_INFO)?.protocol)));
  const looping = (async () => {
    for await (const socket of connection) await socket.recv().catch(() => {});
  })();
  expect(await rejection(looping)).toMatchObject({ message: expect.stringContaining('certificate_required') });
  expect(opened).toEqual(['TLSv1.3']);
  expect((await connection.closed).cause).toMatchObject({ phase: 'handshake', retryable: false });
});
