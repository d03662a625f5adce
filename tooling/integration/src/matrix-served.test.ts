import type { Socket } from '@sock/core';
import { upgradeConnector } from '@sock/core';
import { tcp } from '@sock/io';
import { bytes, leakGuard, rejection, text } from '@sock/testkit';
import type { TlsError } from '@sock/tls-context';
import { createClientContext, TLS_INFO } from '@sock/tls-context';
import { expect, test } from 'vitest';
import type { Certificates } from './certificates.ts';
import type { Version } from './matrix.ts';
import { certificatesOfFile, everyCell, everyVersion } from './matrix.ts';
import { SERVING_PROGRAMS } from './serving-programs.ts';

const certificatesWith = certificatesOfFile();
leakGuard();

/** Our client, which dials by name; `show` is the certificate that it shows. */
function dial(port: number, certificates: Certificates, show?: 'client' | 'stranger'): Promise<Socket> {
  const identity = show === undefined ? {} : { cert: certificates[show].chain, key: certificates[show].key };
  const context = createClientContext({ ca: certificates.ca, ...identity });
  return upgradeConnector(tcp(), context).connect({ host: 'localhost', port }, { timeout: '10s' });
}

test.each(everyCell(SERVING_PROGRAMS))('TLS %s, %s, %s, %s: data goes both ways', async (version, keys, _name, shown, program) => {
  const certificates = certificatesWith(keys);
  const mutual = shown === 'client certificates';
  const served = await program.serve({ version, certificates, mutual });
  await using peer = served.peer;
  const socket = await dial(served.port, certificates, mutual ? 'client' : undefined);
  const info = socket.get(TLS_INFO);
  expect(info).toMatchObject({ role: 'client', state: 'complete', protocol: `TLSv${version}`, serverName: 'localhost', verified: true, resumed: false });
  expect(info?.verification).toEqual(expect.arrayContaining(['chain', 'name'].map((step) => expect.objectContaining({ step, outcome: 'ok' }) as unknown)));
  expect(info?.peerCertificate?.fingerprint256).toBe(certificates.server.fingerprint256);
  expect(info?.peerCertificate?.publicKey.asymmetricKeyType).toBe(keys.toLowerCase());
  expect(info?.peerChain).toHaveLength(2);

  await socket.send(bytes('abcdef\n'));
  expect(text(await socket.recvExactly(7, { timeout: '10s' }))).toBe(program.echo);
  await socket.shutdown({ timeout: '10s' });
  expect(await socket.recv({ timeout: '10s' })).toBeNull();
  await socket.close();
  expect(await socket.closed).toEqual({ how: 'local' });

  for (const printed of [program.spoke(version), program.notified.received, program.notified.sent, ...(mutual ? program.accepts : [])]) await peer.line(printed);
  if (program.endsByItself) expect(await peer.exit, peer.output).toBe(0);
});

test.each(everyVersion(SERVING_PROGRAMS))('TLS %s, %s wants a client certificate, and our client has none: it hears the alert', async (version, _name, program) => {
  const certificates = certificatesWith('EC');
  const served = await program.serve({ version, certificates, mutual: true });
  await using _peer = served.peer;
  const alert = program.alerts.missing[version];
  const error = await refusal(dial(served.port, certificates), version);
  expect(error).toMatchObject({ code: 'ERR_SOCK_TLS_ALERT', kind: 'handshake', phase: 'handshake', alert });
  expect(error.message).toContain(`answered with the TLS alert "${alert}"`);
});

test.each(everyVersion(SERVING_PROGRAMS))("TLS %s, %s wants a client certificate, and our client has a stranger's: it hears the alert", async (version, _name, program) => {
  const certificates = certificatesWith('EC');
  const served = await program.serve({ version, certificates, mutual: true });
  await using _peer = served.peer;
  const alert = program.alerts.stranger;
  const error = await refusal(dial(served.port, certificates, 'stranger'), version);
  expect(error).toMatchObject({ code: 'ERR_SOCK_TLS_ALERT', kind: 'handshake', phase: 'handshake', category: 'trust', alert });
  expect(error.message).toContain(`answered with the TLS alert "${alert}"`);
});

/** Under TLS 1.3 a client is through with its handshake before the server has seen its certificate, and learns at its first receive. */
async function refusal(dialling: Promise<Socket>, version: Version): Promise<TlsError> {
  if (version === '1.2') return await rejection<TlsError>(dialling);
  const socket = await dialling;
  const error = await rejection<TlsError>(socket.recv({ timeout: '10s' }));
  expect(await socket.closed).toMatchObject({ how: 'error', cause: error });
  return error;
}
