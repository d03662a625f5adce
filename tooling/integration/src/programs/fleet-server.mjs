// One server of a fleet: certificate, key and ticket secret come on stdin; it tells its port, and then for each connection whether it was resumed.
import { readFileSync } from 'node:fs';
import { upgradeListener } from '@sock/core';
import { listen } from '@sock/io';
import { createServerContext, TLS_INFO } from '@sock/tls-context';

const { cert, key, ca, ticketSecret } = JSON.parse(readFileSync(0, 'utf8'));
const context = createServerContext({ cert, key, ...(ca === undefined ? {} : { ca }), sessions: { ticketSecret } });
const listener = upgradeListener(await listen('127.0.0.1:0'), context, { onUpgradeError: (error) => console.log(`refused ${error.code}`) });
console.log(`port ${listener.endpoint.port}`);
for await (const socket of listener) {
  console.log(`resumed ${socket.get(TLS_INFO).resumed} ${socket.get(TLS_INFO).peerCertificate?.subject ?? 'nobody'}`);
  void socket.send(new Uint8Array([1])).then(() => socket.recv()).catch(() => {}).finally(() => socket.destroy());
}
