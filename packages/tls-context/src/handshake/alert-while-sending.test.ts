import { once } from 'node:events';
import { connect as netConnect } from 'node:net';
import { connect as tlsConnect } from 'node:tls';
import { upgradeListener } from '@sock/core';
import { createAuthority } from '@sock/dev-certs';
import { listen } from '@sock/io';
import { leakGuard, rejection } from '@sock/testkit';
import { expect, test } from 'vitest';
import { createServerContext } from '../index.ts';

leakGuard();
const authority = createAuthority();
const { chain, key } = authority.issue({ names: ['localhost'] });

test.each(['TLSv1.2', 'TLSv1.3'] as const)('%s: a peer that is still sending reads the alert before the connection breaks', async (version) => {
  for (let round = 0; round < 10; round += 1) {
    const listener = upgradeListener(await listen('127.0.0.1:0'), createServerContext({ cert: chain, key, maxVersion: version }));
    const raw = netConnect((listener.endpoint as { port: number }).port, '127.0.0.1');
    await once(raw, 'connect');
    const tls = tlsConnect({ socket: raw, ca: authority.ca, servername: 'localhost' });
    const [server] = await Promise.all([listener.accept(), once(tls, 'secureConnect')]);
    const errors: string[] = [];
    tls.on('error', (error: NodeJS.ErrnoException) => errors.push(error.code ?? '')).resume();
    const reading = (async () => { for (;;) if ((await server.recv()) === null) return; })();
    const outcome = rejection(reading);
    for (let count = 0; !tls.destroyed; count += 1) {
      tls.write(Buffer.alloc(65_536));
      if (count === 20) raw.write(Buffer.concat([Buffer.from([0x17, 3, 3, 0, 0x20]), Buffer.alloc(32, 7)]));
      await new Promise(setImmediate);
    }
    expect(errors[0]).toMatch(/^ERR_SSL_(?:SSLV3|SSL\/TLS)_ALERT_BAD_RECORD_MAC$/);
    expect(await outcome).toMatchObject({ code: 'ERR_SOCK_TLS_PROTOCOL' });
    expect((await server.closed).how).toBe('error');
    await listener.close();
  }
});
