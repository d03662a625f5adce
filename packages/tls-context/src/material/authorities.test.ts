import { X509Certificate } from 'node:crypto';
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { rootCertificates } from 'node:tls';
import { createAuthority, createSelfSigned } from '@sock/dev-certs';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { anchorsOf } from '../verify/anchors.ts';
import type { Authorities } from './authorities.ts';
import { loadTrust } from './authorities.ts';
import { materialFiles } from './material-files.ts';
import { runtimeStore, systemStore } from './trust-stores.ts';

const root = createAuthority({ name: 'Root' });
const second = createAuthority({ name: 'Second' });
const leaf = root.issue({ names: ['localhost'] });
let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sock-trust-'));
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await rm(folder, { recursive: true });
});

const prints = (ca: Authorities): string[] => loadTrust(ca).anchors().map(({ fingerprint256 }) => fingerprint256);
const print = (pem: string): string => new X509Certificate(pem).fingerprint256;
const refused = (code: string, words: string): unknown => expect.objectContaining({ code, message: expect.stringContaining(words) });

test('authorities are found by subject, each once', () => {
  const trust = loadTrust([root.ca, second.ca, root.ca]);
  expect(trust.pem).toHaveLength(2);
  const certificate = new X509Certificate(leaf.cert);
  const anchors = anchorsOf(trust.anchors);
  expect(anchors.issuersOf(certificate).map(({ subject }) => subject)).toEqual(['CN=Root']);
  expect(anchors.has(new X509Certificate(root.ca))).toBe(true);
  expect(anchors.has(certificate)).toBe(false);
  expect(trust.digest).toBe(loadTrust([root.ca, second.ca]).digest);
  expect(trust.digest).not.toBe(loadTrust(root.ca).digest);
});

test('two authorities of one name are both candidates', () => {
  const namesake = createAuthority({ name: 'Root' });
  expect(anchorsOf(loadTrust([root.ca, namesake.ca]).anchors).issuersOf(new X509Certificate(leaf.cert))).toHaveLength(2);
});

test('without any, those of the runtime are meant, and read only when they are asked for', async () => {
  const trust = loadTrust(undefined);
  expect(trust).toMatchObject({ pem: undefined });
  expect(trust.anchors().length).toBeGreaterThanOrEqual(rootCertificates.length);
  // Node passes over a file that it cannot read when nobody wrote `ca`.
  vi.stubEnv('NODE_EXTRA_CA_CERTS', join(folder, 'missing.pem'));
  expect(loadTrust(undefined).anchors().length).toBeGreaterThanOrEqual(rootCertificates.length);
});

test('the runtime\'s authorities include those of NODE_EXTRA_CA_CERTS, and others may stand beside them', async () => {
  const file = join(folder, 'extra.pem');
  await writeFile(file, root.ca);
  const env = { NODE_EXTRA_CA_CERTS: file };
  expect(runtimeStore('ca', {}).length).toBeGreaterThanOrEqual(rootCertificates.length);
  expect(prints(['runtime', second.ca])).toContain(print(second.ca));
  // Where Node itself tells what it trusts, it has read the variable at its own start.
  if (!('getCACertificates' in (await import('node:tls')))) {
    expect(runtimeStore('ca', env).at(-1)?.x509.fingerprint256).toBe(print(root.ca));
    expect(() => runtimeStore('ca[0]', { NODE_EXTRA_CA_CERTS: join(folder, 'missing.pem') })).toThrow(refused('ERR_SOCK_TLS_MATERIAL', 'missing.pem'));
  }
});

test('the system\'s store is the file in SSL_CERT_FILE, else the first bundle that there is', async () => {
  const [a, b] = [join(folder, 'a.pem'), join(folder, 'b.pem')];
  await writeFile(a, root.ca);
  await writeFile(b, second.ca);
  vi.stubEnv('SSL_CERT_FILE', a);
  expect(prints('system')).toEqual([print(root.ca)]);
  expect(prints([second.ca, 'system'])).toEqual([print(second.ca), print(root.ca)]);
  vi.stubEnv('SSL_CERT_FILE', join(folder, 'missing.pem'));
  expect(() => loadTrust('system')).toThrow(refused('ERR_SOCK_TLS_MATERIAL', 'missing.pem'));
  if (!('getCACertificates' in (await import('node:tls')))) {
    expect(systemStore('ca', {}, [join(folder, 'none.pem'), b, a]).map(({ x509 }) => x509.fingerprint256)).toEqual([print(second.ca)]);
    expect(() => systemStore('ca', {}, [join(folder, 'none.pem')])).toThrow(refused('ERR_SOCK_TLS_MATERIAL', `SSL_CERT_FILE and the files ${join(folder, 'none.pem')}`));
  }
});

test('a directory gives its certificates, by links and hashed names too, each once, and no subfolder\'s', async () => {
  await writeFile(join(folder, 'root.pem'), root.ca);
  await writeFile(join(folder, 'second.crt'), second.ca);
  await writeFile(join(folder, 'README.txt'), 'no certificate');
  await symlink(join(folder, 'root.pem'), join(folder, '0a1b2c3d.0'));
  await mkdir(join(folder, 'sub.pem'));
  await writeFile(join(folder, 'sub.pem', 'other.pem'), createAuthority().ca);
  expect(prints({ directory: folder }).toSorted()).toEqual([print(root.ca), print(second.ca)].toSorted());
});

test('a directory with a damaged file, without certificates, or that is not there is an error', async () => {
  expect(() => loadTrust({ directory: folder })).toThrow(refused('ERR_SOCK_TLS_MATERIAL', 'has no certificate'));
  expect(() => loadTrust({ directory: join(folder, 'missing') })).toThrow(refused('ERR_SOCK_TLS_MATERIAL', 'ENOENT'));
  await writeFile(join(folder, 'a.pem'), root.ca);
  await writeFile(join(folder, 'b.pem'), root.ca.slice(0, 200));
  expect(() => loadTrust([{ directory: folder }])).toThrow(refused('ERR_SOCK_TLS_PEM', `ca[0]: ${join(folder, 'b.pem')}, line 1`));
  await rm(join(folder, 'b.pem'));
  await symlink(join(folder, 'gone.pem'), join(folder, 'c.pem'));
  expect(() => loadTrust([{ directory: folder }])).toThrow(refused('ERR_SOCK_TLS_MATERIAL', 'c.pem'));
});

test('a certificate that can vouch for nobody is refused, one that signed itself is taken', () => {
  expect(() => loadTrust([root.ca, leaf.cert])).toThrow(refused('ERR_SOCK_TLS_MATERIAL', 'is no authority but a certificate that CN=Root issued'));
  const alone = createSelfSigned({ names: ['localhost'] });
  expect(prints(alone.cert)).toEqual([print(alone.cert)]);
  expect(prints(root.issueIntermediate().certificate.pem)).toHaveLength(1);
  expect(() => loadTrust([])).toThrow(refused('ERR_SOCK_TLS_MATERIAL', 'trusts nobody'));
  expect(() => loadTrust({ directory: 7 } as never)).toThrow(refused('ERR_SOCK_TLS_MATERIAL', 'path of a directory'));
});

test('every file and directory that options name is known, each once', () => {
  const pfx = { files: ['d.p12'], load: (): never => expect.fail('it was read') };
  const options = {
    cert: { file: 'a.pem' }, key: { file: 'b.pem' }, ca: [root.ca, { file: 'c.pem' }, { directory: 'd' }, 'system'] as const,
    certificates: [{ pfx }, { cert: { file: 'a.pem' }, key: Buffer.from('') }],
  };
  expect(materialFiles(options)).toEqual(['a.pem', 'b.pem', 'd.p12', 'c.pem', 'd']);
  expect(materialFiles({ ca: { file: 'c.pem' } })).toEqual(['c.pem']);
  expect(materialFiles({})).toEqual([]);
});
