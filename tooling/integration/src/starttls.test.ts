import { writeFile } from 'node:fs/promises';
import type { Socket } from '@sock/core';
import { isTcpEndpoint } from '@sock/core';
import { connect, listen } from '@sock/io';
import type { SpawnedPeer } from '@sock/testkit';
import { bytes, leakGuard, rejection } from '@sock/testkit';
import { createClientContext, createServerContext, TLS_INFO } from '@sock/tls-context';
import { expect, test } from 'vitest';
import type { Certificates } from './certificates.ts';
import { freePort } from './free-port.ts';
import type { MailSession } from './mail.ts';
import { Lines, serveMail } from './mail.ts';
import { certificatesOfFile } from './matrix.ts';
import { startProgram } from './started-program.ts';

const certificatesWith = certificatesOfFile();
leakGuard();

const mailFile = (file: Certificates['file']): string => `${file('ca.pem')}.mail`;

interface Client {
  readonly name: string;
  readonly start: (port: number, certificates: Certificates) => SpawnedPeer;
  /** What it types once it is secure, a line of which gnutls-cli takes one at a time. */
  readonly types: string;
}

const CLIENTS: readonly Client[] = [
  {
    name: 'openssl s_client',
    start: (port, { file }) => startProgram('openssl', [
      's_client', '-connect', `127.0.0.1:${port}`, '-starttls', 'smtp', '-servername', 'localhost', '-verify_hostname', 'localhost', '-verify_return_error',
      '-CAfile', file('ca.pem'), '-no-CApath', '-no-CAstore', '-quiet', '-crlf',
    ]),
    types: 'QUIT\n',
  },
  {
    name: 'gnutls-cli',
    start: (port, { file }) => startProgram('gnutls-cli', ['--starttls-proto=smtp', '--port', String(port), '--x509cafile', file('ca.pem'), '--verify-hostname', 'localhost', '--crlf', '127.0.0.1']),
    types: 'QUIT\n',
  },
  {
    name: 'curl',
    start: (port, { file }) => startProgram('curl', [
      '-sSv', '--ssl-reqd', '--noproxy', '*', '--resolve', `localhost:${port}:127.0.0.1`, '--cacert', file('ca.pem'), '--mail-from', 'a@mail.test', '--mail-rcpt', 'b@mail.test', '--upload-file', mailFile(file), `smtp://localhost:${port}`,
    ]),
    types: '',
  },
];

test.each(CLIENTS)('$name upgrades a connection to our mail server by STARTTLS', async ({ name, start, types }) => {
  const certificates = certificatesWith('EC');
  const context = createServerContext({ cert: certificates.server.chain, key: certificates.server.key });
  await writeFile(mailFile(certificates.file), 'Subject: hello\r\n\r\nfrom curl\r\n');
  await using listener = await listen('127.0.0.1:0');
  await using program = start(isTcpEndpoint(listener.endpoint) ? listener.endpoint.port : 0, certificates);
  const plain = await listener.accept({ timeout: '10s' });
  const before = await serveMail(plain, 'in clear');
  expect(before).toMatchObject({ how: 'starttls', message: '' });
  const secure = await plain.upgrade(context, undefined, { timeout: '10s' });
  expect(await rejection(plain.send(bytes('in clear')))).toMatchObject({ code: 'ERR_SOCK_DETACHED' });
  program.write(types);
  const after = await serveMail(secure, 'secured');
  expect(after.how).toBe('quit');
  if (name === 'curl') expect(after.message).toBe('Subject: hello\n\nfrom curl\n');
  else expect(after.heard).toEqual(['QUIT']);
  await secure.close();
  expect(await program.exit, program.output).toBe(0);
});

const STUNNEL = (port: number, backend: number, { file }: Certificates): string => `foreground = yes
pid =
debug = 5
[mail]
protocol = smtp
accept = 127.0.0.1:${port}
connect = 127.0.0.1:${backend}
cert = ${file('server.pem')}
key = ${file('server.key')}
`;

async function behindStunnel(certificates: Certificates, backend: number): Promise<{ readonly stunnel: SpawnedPeer; readonly port: number }> {
  const port = await freePort();
  const config = `${certificates.file('ca.pem')}.stunnel`;
  await writeFile(config, STUNNEL(port, backend, certificates));
  const stunnel = startProgram('stunnel', [config]);
  await stunnel.line(/Configuration successful/);
  return { stunnel, port };
}

async function greeted(port: number): Promise<{ readonly plain: Socket; readonly lines: Lines }> {
  const plain = await connect({ host: '127.0.0.1', port });
  const lines = new Lines(plain);
  expect(await lines.next()).toMatch(/^220 /);
  await plain.send(bytes('EHLO client.test\r\n'));
  for (let line = await lines.next(); ; line = await lines.next()) if (line.startsWith('250 ')) break;
  await plain.send(bytes('STARTTLS\r\n'));
  expect(await lines.next()).toMatch(/^220 /);
  lines.release();
  return { plain, lines };
}

test('our client upgrades a connection to stunnel by STARTTLS, and delivers a message through it', async () => {
  const certificates = certificatesWith('RSA');
  await using backend = await listen('127.0.0.1:0');
  const { stunnel, port } = await behindStunnel(certificates, isTcpEndpoint(backend.endpoint) ? backend.endpoint.port : 0);
  await using _stopped = stunnel;
  const delivered: Promise<MailSession> = backend.accept({ timeout: '10s' }).then(async (socket) => {
    const session = await serveMail(socket, 'behind stunnel');
    await socket.close();
    return session;
  });
  const { plain } = await greeted(port);
  const secure = await plain.upgrade(createClientContext({ ca: certificates.ca }), { serverName: 'localhost' });
  expect(secure.get(TLS_INFO)).toMatchObject({ verified: true, protocol: 'TLSv1.3' });
  const lines = new Lines(secure);
  for (const command of ['MAIL FROM:<a@mail.test>', 'RCPT TO:<b@mail.test>', 'DATA', 'from sock\r\n.', 'QUIT']) {
    await secure.send(bytes(`${command}\r\n`));
    expect(await lines.next()).toMatch(/^[23]\d\d /);
  }
  await secure.close();
  expect((await delivered).message).toBe('from sock\n');
});

test('a mail server whose name is wrong is refused before a command of ours leaves', async () => {
  const certificates = certificatesWith('RSA');
  await using backend = await listen('127.0.0.1:0');
  const { stunnel, port } = await behindStunnel(certificates, isTcpEndpoint(backend.endpoint) ? backend.endpoint.port : 0);
  await using _stopped = stunnel;
  const session = backend.accept({ timeout: '10s' }).then(async (socket) => {
    const failure = await rejection(serveMail(socket, 'behind stunnel'));
    socket.destroy();
    return failure;
  });
  const { plain } = await greeted(port);
  expect(await rejection(plain.upgrade(createClientContext({ ca: certificates.ca }), { serverName: 'other.test' }))).toMatchObject({ code: 'ERR_SOCK_TLS_NAME_MISMATCH' });
  expect(await session).toBeInstanceOf(Error);
});
