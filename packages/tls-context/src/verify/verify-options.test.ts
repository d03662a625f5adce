import { X509Certificate } from 'node:crypto';
import { readFile, mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { upgradeConnector, upgradeListener } from '@sock/core';
import type { Socket } from '@sock/core';
import { createAuthority } from '@sock/dev-certs';
import { listen, tcp } from '@sock/io';
import { leakGuard, rejection } from '@sock/testkit';
import { describe, expect, test } from 'vitest';
import { danger } from '../danger.ts';
import type { ClientContextOptions, Peer, PinReport, TlsError, TlsInfo } from '../index.ts';
import { createClientContext, createServerContext, spkiPin, TLS_INFO } from '../index.ts';

leakGuard();

const authority = createAuthority();
const intermediate = authority.issueIntermediate();
const issued = intermediate.issue({ names: ['localhost'] });
const stranger = createAuthority().issue({ names: ['localhost'] });
const pinOf = (pem: string): string => spkiPin(new X509Certificate(pem));
const BACKUP = pinOf(stranger.cert);

/** Dials a server of our own with these client options; gives what the client knows, or throws what it threw. */
async function dial(options: ClientContextOptions, cert: { chain: string; key: string } = issued, server: object = {}): Promise<{ info: TlsInfo; peer: TlsInfo }> {
  const context = createServerContext({ cert: cert.chain, key: cert.key, ...server });
  const listener = upgradeListener(await listen({ host: '127.0.0.1', port: 0 }), context);
  const { port } = listener.endpoint as { port: number };
  const connecting = upgradeConnector(tcp(), createClientContext({ ca: authority.ca, ...options })).connect({ host: 'localhost', port });
  const accepting = listener.accept().catch(() => undefined);
  let client: Socket | undefined;
  let server_: Socket | undefined;
  try {
    client = await connecting;
    server_ = await accepting;
    const info = client.get(TLS_INFO) as TlsInfo;
    const peer = server_?.get(TLS_INFO) as TlsInfo;
    expect(Buffer.from(info.exportKeyingMaterial(32, 'EXPORTER-sock-test'))).toEqual(Buffer.from(peer.exportKeyingMaterial(32, 'EXPORTER-sock-test')));
    return { info, peer };
  } finally {
    client?.destroy();
    server_?.destroy();
    await listener.close();
    (await accepting)?.destroy();
  }
}

const outcome = (info: TlsInfo, step: string): string | undefined => info.verification.find((one) => one.step === step)?.outcome;

describe('pins', () => {
  test.each([
    ['the server\'s own key', issued.cert],
    ['the key of an intermediate on the path', issued.chain.slice(issued.cert.length)],
    ['the key of the root, which was not sent', authority.ca],
  ])('%s is enough', async (_what, pem) => {
    const { info } = await dial({ pins: { sha256: [pinOf(pem)], backup: [BACKUP] } });
    expect(outcome(info, 'pins')).toBe('ok');
  });

  test('a backup pin counts, and is told as one', async () => {
    const { info } = await dial({ pins: { sha256: [BACKUP], backup: [`sha256/${pinOf(issued.cert)}`] } });
    expect(info.verification[3]).toMatchObject({ step: 'pins', outcome: 'ok', detail: expect.stringContaining('a backup pin') });
  });

  test('no pinned key on the path refuses the server, and the message has the keys that were found', async () => {
    const error = await rejection<TlsError>(dial({ pins: { sha256: [BACKUP], backup: [pinOf(createAuthority().ca)] } }));
    expect(error).toMatchObject({ code: 'ERR_SOCK_TLS_PIN_MISMATCH', kind: 'verify', category: 'trust' });
    expect(error.message).toContain(pinOf(issued.cert));
  });

  test('a certificate that is sent along but has no part in the path does not count', async () => {
    const error = await rejection(dial({ pins: { sha256: [BACKUP], backup: [pinOf(createAuthority().ca)] } }, { chain: issued.chain + stranger.cert, key: issued.key }, { danger: danger({ reason: 'a chain with a stranger in it', allow: ['own-certificate'] }) }));
    expect(error.code).toBe('ERR_SOCK_TLS_PIN_MISMATCH');
  });

  test('report-only reports and refuses nobody, whatever the report throws', async () => {
    const reports: PinReport[] = [];
    const reportOnly = (report: PinReport): void => {
      reports.push(report);
      throw new Error('the log is full');
    };
    const { info } = await dial({ pins: { sha256: [BACKUP], backup: [pinOf(createAuthority().ca)], reportOnly } });
    expect(outcome(info, 'pins')).toBe('reported');
    expect(reports[0]?.found[0]).toBe(pinOf(issued.cert));
  });

  test('pins that are none, or have no backup, are refused when the context is made', () => {
    const make = (pins: object) => () => createClientContext({ pins } as ClientContextOptions);
    expect(make({ sha256: ['abc'], backup: [BACKUP] })).toThrow(/pins\.sha256\[0\]: "abc" is no SHA-256/);
    expect(make({ sha256: [BACKUP], backup: [] })).toThrow(/pins\.backup: at least one is needed/);
    expect(make({ sha256: [BACKUP], backup: [BACKUP] })).toThrow(/is a pin in use/);
  });
});

describe('a step of the program\'s own', () => {
  test('sees the peer and lets it pass', async () => {
    const seen: Peer[] = [];
    const { info } = await dial({ verifyPeer: (peer) => void seen.push(peer) });
    expect(outcome(info, 'custom')).toBe('ok');
    expect(seen[0]).toMatchObject({ role: 'client', expected: 'localhost', resumed: false });
    expect(seen[0]?.path()?.map(({ ca }) => ca)).toEqual([false, true, true]);
  });

  test.each([
    ['throwing', () => { throw new Error('not on the list'); }, 'not on the list'],
    ['rejecting', () => Promise.reject(new Error('not on the list')), 'not on the list'],
    ['answering false', () => false as const, 'answered false'],
  ])('refuses by %s', async (_how, verifyPeer, words) => {
    const error = await rejection<TlsError>(dial({ verifyPeer }));
    expect(error).toMatchObject({ code: 'ERR_SOCK_TLS_REFUSED', kind: 'verify' });
    expect(error.message).toContain(words);
  });

  test('that never answers ends with the time of the handshake', async () => {
    expect(await rejection(dial({ handshakeTimeout: '1s', verifyPeer: () => new Promise<void>(() => {}) }))).toMatchObject({ code: 'ERR_SOCK_TIMEOUT', phase: 'verify' });
  });

  test('runs for the clients of a server as well', async () => {
    const worker = authority.issue({ usage: 'client', commonName: 'worker' });
    const subjects: string[] = [];
    const { peer } = await dial({ cert: worker.chain, key: worker.key }, issued, { ca: authority.ca, verifyPeer: ({ certificate }: Peer) => void subjects.push(certificate.subject) });
    expect(subjects).toEqual(['CN=worker']);
    expect(outcome(peer, 'custom')).toBe('ok');
  });
});

describe('danger', () => {
  test('an untrusted chain is let in, is not called verified, and says why', async () => {
    const { info } = await dial({ danger: danger({ reason: 'a device that cannot be told our root', allow: ['untrusted-chain'] }) }, stranger);
    expect(info).toMatchObject({ verified: false, danger: 'a device that cannot be told our root' });
    expect(outcome(info, 'chain')).toBe('waived');
    expect(outcome(info, 'name')).toBe('ok');
  });

  test('each waiver waives one rule: the name still counts', async () => {
    const elsewhere = createAuthority().issue({ names: ['elsewhere.test'] });
    const allow = danger({ reason: 'a device that cannot be told our root', allow: ['untrusted-chain'] });
    expect((await rejection(dial({ danger: allow }, elsewhere))).code).toBe('ERR_SOCK_TLS_NAME_MISMATCH');
    const both = danger({ reason: 'a device with any name and no root', allow: ['untrusted-chain', 'any-name'] });
    expect(outcome((await dial({ danger: both }, elsewhere)).info, 'name')).toBe('waived');
  });

  test('it wants a reason and a rule that exists, and cannot be made by hand', () => {
    expect(() => danger({ reason: 'because', allow: ['any-name'] })).toThrow(/wants a reason/);
    expect(() => danger({ reason: 'a good and long reason', allow: ['anyname' as 'any-name'] })).toThrow(/did you mean any-name/);
    expect(() => danger({ reason: 'a good and long reason' })).toThrow(/waives nothing/);
    expect(() => createClientContext({ danger: { reason: 'a good and long reason', allow: new Set(['any-name']) } as never })).toThrow(/only danger\(\)/);
  });

  test('a key log has mode 0600 and the lines that Wireshark reads; one that others may read is refused', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'sock-keylog-'));
    const keyLogFile = join(folder, 'keys.log');
    await dial({ danger: danger({ reason: 'to look at the wire in a test', keyLogFile }) });
    expect((await stat(keyLogFile)).mode & 0o777).toBe(0o600);
    expect(await readFile(keyLogFile, 'utf8')).toMatch(/^CLIENT_TRAFFIC_SECRET_0 [0-9a-f]{64} [0-9a-f]+$/m);
    const open = join(folder, 'open.log');
    await writeFile(open, '', { mode: 0o644 });
    expect(() => danger({ reason: 'to look at the wire in a test', keyLogFile: open })).toThrow(/may be read or written by others/);
    await rm(folder, { recursive: true });
  });
});
