// What a TLS server is, and whether a client would trust it: node tls-probe.js HOST:PORT [name] [ca.pem]
import { isSocketError, upgradeConnector } from '@sock/core';
import { tcp } from '@sock/io';
import { createClientContext, TLS_INFO } from '@sock/tls-context';
import type { TlsInfo } from '@sock/tls-context';

const [, , address = '127.0.0.1:443', name, ca] = process.argv;
const context = createClientContext({ alpn: ['h2', 'http/1.1'], ...(name === undefined ? {} : { serverName: name }), ...(ca === undefined ? {} : { ca: { file: ca } }) });
const connector = upgradeConnector(tcp(), context);

try {
  for (const time of ['first', 'second']) {
    await using socket = await connector.connect(address, { timeout: '10s' });
    // The connector puts TLS on every connection; a plain one would answer undefined.
    const { protocol, cipher, alpn = 'none', resumed, handshakeMs, verification, peerCertificate } = socket.get(TLS_INFO) as TlsInfo;
    console.log(`${time}: ${protocol}, ${cipher}, ALPN ${alpn}, ${resumed ? 'resumed' : 'full'}, ${handshakeMs.toFixed(1)} ms`);
    if (time === 'second') break;
    for (const { step, outcome, detail } of verification) console.log(`  ${step}: ${outcome} (${detail})`);
    console.log(`  ${peerCertificate?.subject.replaceAll('\n', ', ')}, until ${peerCertificate?.validTo}`);
    // Sessions come behind the handshake (TLS 1.3): the second connection can use them when they are there.
    await socket.recv({ timeout: '200ms' }).catch(() => {});
  }
} catch (error) {
  // The code is for programs, the message for people: who is at fault, where, and what to do.
  console.error(isSocketError(error) ? `${error.code} (${error.phase}): ${error.message}` : (error as Error).message);
  process.exitCode = 1;
}
