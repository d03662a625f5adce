import { once } from 'node:events';
import type { Socket } from 'node:net';
import { Duplex } from 'node:stream';
import { connect } from 'node:tls';
import { memoryPair } from '@sock/core/memory';
import { toDuplex } from '@sock/io';
import { leakGuard, rawServer, spawnPeer } from '@sock/testkit';
import { describe, expect, test } from 'vitest';
import type { Refusal } from './alert.ts';
import { alertRecord, refuse } from './alert.ts';
import { readHello } from './read-hello.ts';

leakGuard();

const REFUSALS: readonly (readonly [alert: Refusal, number: number, openssl: RegExp])[] = [
  ['unrecognized_name', 112, /unrecognized name/],
  ['no_application_protocol', 120, /no application protocol/],
  ['access_denied', 49, /access denied/],
  ['handshake_failure', 40, /handshake failure/],
  ['internal_error', 80, /internal error/],
  ['protocol_version', 70, /alert protocol version/],
];

/** Refuses the next client of a plain server after its hello. */
async function refuseNext(server: Awaited<ReturnType<typeof rawServer>>, alert: Refusal): Promise<Socket> {
  const { socket } = await server.accept();
  await readHello(socket, { endpoint: undefined, maxText: 100 }, { timeout: '5s' });
  await refuse(socket, alert);
  return socket;
}

describe.each(REFUSALS)('%s', (alert, number, words) => {
  test('is a fatal alert in seven bytes', () => {
    expect([...alertRecord(alert)]).toEqual([21, 3, 3, 0, 2, 2, number]);
  });

  test('is what node:tls and openssl see', async () => {
    const server = await rawServer({ pause: true });
    const refused = refuseNext(server, alert);
    const client = connect({ port: server.port, host: '127.0.0.1', servername: 'nobody.test' });
    const [error] = (await once(client, 'error')) as [NodeJS.ErrnoException];
    expect(error.code).toMatch(new RegExp(`^ERR_SSL_(?:SSLV3|TLSV1|TLSV13|SSL/TLS)_(?:ALERT_)?${alert.toUpperCase()}$`));
    (await refused).destroy();
    const again = refuseNext(server, alert);
    await using openssl = spawnPeer('openssl', ['s_client', '-connect', `127.0.0.1:${server.port}`]);
    await openssl.line(words);
    await openssl.line(new RegExp(`alert number ${number}$`));
    (await again).destroy();
    await openssl.stop();
    await server.close();
  });
});

describe('a refusal ends', () => {
  test('with the alert and the end, over a connection in memory', async () => {
    const [left, right] = memoryPair();
    const stream = toDuplex(right);
    await refuse(stream, 'access_denied');
    expect(await left.recv()).toEqual(alertRecord('access_denied'));
    expect(await left.recv()).toBeNull();
    stream.destroy();
    await left.close();
  });

  test.each(['is destroyed', 'has ended', 'has failed'])('at once when the stream %s', async (how) => {
    const stream = new Duplex({ read: () => {}, write: (_chunk, _encoding, done) => done() });
    stream.on('error', () => {});
    if (how === 'has ended') stream.end();
    else stream.destroy(how === 'has failed' ? new Error('gone') : undefined);
    await refuse(stream, 'internal_error');
    expect(stream.listenerCount('error')).toBe(1);
    stream.destroy();
  });

  test('when the stream fails under it, which is no error of the caller', async () => {
    const stream = new Duplex({ read: () => {}, write: (_chunk, _encoding, done) => done(new Error('broken')) });
    await refuse(stream, 'internal_error');
    expect(stream.errored?.message).toBe('broken');
  });

  test('after half a second when the peer takes nothing', async () => {
    const stream = new Duplex({ read: () => {}, write: () => {} });
    const startedAt = performance.now();
    await refuse(stream, 'internal_error');
    const took = performance.now() - startedAt;
    expect(took).toBeGreaterThan(400);
    expect(took).toBeLessThan(1500);
    expect(['finish', 'close', 'error'].map((event) => stream.listenerCount(event))).toEqual([0, 0, 0]);
    stream.destroy();
  });
});
