import { spawnSync } from 'node:child_process';
import { X509Certificate } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Crl } from '@sock/dev-certs';
import { createAuthority } from '@sock/dev-certs';
import { rejection } from '@sock/testkit';
import { afterAll, expect, test } from 'vitest';
import type { Peer } from '../verify/peer.ts';
import { crlCheck } from './crl-check.ts';

const directory = mkdtempSync(join(tmpdir(), 'crl-openssl-'));
afterAll(() => rmSync(directory, { recursive: true }));
const file = (name: string, content: string): string => {
  const path = join(directory, name);
  writeFileSync(path, content);
  return path;
};
const openssl = (...args: string[]): { status: number | null; output: string } => {
  const { status, stdout, stderr } = spawnSync('openssl', args, { encoding: 'utf8' });
  return { status, output: `${stdout}${stderr}` };
};

const root = createAuthority({ name: 'Root' });
const middle = root.issueIntermediate({ name: 'Middle' });
const leaf = middle.issue({ names: ['a.test'] });
const impostor = createAuthority({ name: 'Middle' });
const path = [leaf.cert, middle.certificate.pem, root.ca].map((pem) => new X509Certificate(pem));
const peer: Peer = { role: 'client', endpoint: undefined, expected: 'a.test', certificate: path[0] as X509Certificate, chain: path, resumed: false, staple: undefined, path: () => path };
const above = root.crl();

test.each<[string, Crl[], string, RegExp]>([
  ['nobody revoked', [middle.crl(), above], 'ok', /: OK/],
  ['the leaf revoked', [middle.crl({ revoked: [{ certificate: leaf, reason: 'keyCompromise' }] }), above], 'ERR_SOCK_TLS_REVOKED', /certificate revoked/],
  ['the leaf on hold', [middle.crl({ revoked: [{ certificate: leaf, reason: 'certificateHold' }] }), above], 'ERR_SOCK_TLS_REVOKED', /certificate revoked/],
  ['the leaf taken off', [middle.crl({ revoked: [{ certificate: leaf, reason: 'removeFromCRL' }] }), above], 'ok', /: OK/],
  ['the authority revoked', [middle.crl(), root.crl({ revoked: [{ certificate: middle.certificate }] })], 'ERR_SOCK_TLS_REVOKED', /certificate revoked/],
  ['a list of 2000', [middle.crl({ revoked: [...Array.from({ length: 2000 }, (_, index) => ({ serialNumber: (index + 1).toString(16) })), { certificate: leaf }] }), above], 'ERR_SOCK_TLS_REVOKED', /certificate revoked/],
  ['no list', [above], 'ERR_SOCK_TLS_CRL_MISSING', /unable to get certificate CRL/],
  ['a stale list', [middle.crl({ validity: 'expired' }), above], 'ERR_SOCK_TLS_CRL_STALE', /CRL has expired/],
  ['a list of tomorrow', [middle.crl({ validity: 'not-yet-valid' }), above], 'ERR_SOCK_TLS_CRL_STALE', /CRL is not yet valid/],
  ['a spoilt signature', [middle.crl({ corruptSignature: true }), above], 'ERR_SOCK_TLS_CRL_INVALID', /CRL signature failure/],
  ['a forged list', [middle.crl({ signer: impostor }), above], 'ERR_SOCK_TLS_CRL_INVALID', /CRL signature failure/],
  ['a list of users', [middle.crl({ onlyUserCerts: true }), above], 'ok', /: OK/],
  ['a list of authorities for a leaf', [middle.crl({ onlyCaCerts: true }), above], 'ERR_SOCK_TLS_CRL_MISSING', /unable to get certificate CRL|different CRL scope/],
  ['an unknown critical extension', [middle.crl({ unknownCriticalExtension: true }), above], 'ERR_SOCK_TLS_CRL_INVALID', /unhandled critical CRL extension/],
  ['some reasons only', [middle.crl({ onlySomeReasons: ['keyCompromise'] }), above], 'ERR_SOCK_TLS_CRL_INVALID', /unable to get certificate CRL|different CRL scope/],
])('openssl verify -crl_check_all agrees: %s', async (name, lists, ours, theirs) => {
  const bundle = lists.map(({ pem }) => pem).join('');
  const found = await Promise.resolve().then(() => crlCheck({ lists: bundle }).check(peer)).then(({ outcome }) => outcome, (error: { code: string }) => error.code);
  expect(found).toBe(ours);
  const said = openssl('verify', '-crl_check_all', '-CAfile', file('ca.pem', root.ca), '-untrusted', file('middle.pem', middle.certificate.pem), '-CRLfile', file('lists.pem', bundle), file('leaf.pem', leaf.cert));
  expect(said.output, name).toMatch(theirs);
});

/** An authority of the `openssl` program itself, whose keys and signatures are of kinds that dev-certs does not make. */
function opensslAuthority(key: readonly string[], sign: readonly string[]): { ca: X509Certificate; list: string } {
  const name = (end: string): string => join(directory, `their.${end}`);
  writeFileSync(name('cnf'), `[ca]\ndefault_ca=d\n[d]\ndatabase=${file('index.txt', '')}\ncrlnumber=${file('number', '1000\n')}\ndefault_md=${sign.includes('null') ? 'null' : 'sha256'}\ndefault_crl_days=3\ncrl_extensions=e\n[e]\nauthorityKeyIdentifier=keyid\n[req]\ndistinguished_name=n\n[n]\n`);
  const made = openssl('req', '-x509', '-nodes', '-newkey', ...key, '-config', name('cnf'), '-subj', '/CN=Their CA', '-days', '2', '-keyout', name('key'), '-out', name('pem'), '-addext', 'subjectKeyIdentifier=hash', '-addext', 'basicConstraints=critical,CA:true');
  expect(made.status, made.output).toBe(0);
  const signed = openssl('ca', '-gencrl', '-config', name('cnf'), '-keyfile', name('key'), '-cert', name('pem'), '-out', name('crl'), ...sign.filter((word) => word !== 'null'));
  expect(signed.status, signed.output).toBe(0);
  const checked = openssl('crl', '-in', name('crl'), '-CAfile', name('pem'), '-noout');
  expect(checked.output).toContain('verify OK');
  return { ca: new X509Certificate(openssl('x509', '-in', name('pem')).output), list: openssl('crl', '-in', name('crl')).output };
}

test.each<[string, string[], string[], string]>([
  ['RSA', ['rsa:2048'], [], 'ok'],
  ['RSA-PSS', ['rsa:2048'], ['-sigopt', 'rsa_padding_mode:pss', '-sigopt', 'rsa_pss_saltlen:32'], 'ok'],
  ['P-384', ['ec', '-pkeyopt', 'ec_paramgen_curve:P-384'], ['-md', 'sha384'], 'ok'],
  ['Ed25519', ['ed25519'], ['null'], 'ok'],
  ['SHA-1, which is refused though openssl takes it', ['rsa:2048'], ['-md', 'sha1'], 'ERR_SOCK_TLS_CRL_INVALID'],
])('a list that openssl signed with %s', async (_, key, sign, outcome) => {
  const { ca, list } = opensslAuthority(key, sign);
  // Only the path says who issued whom; the leaf is anybody.
  const theirs = { ...peer, path: () => [path[0] as X509Certificate, ca] };
  const check = crlCheck({ lists: list });
  const found = await check.check(theirs).then((result) => result.outcome, (error: { code: string }) => error.code);
  expect(found).toBe(outcome);
  // One bit of what was signed.
  const der = Buffer.from(list.replaceAll(/-----.*-----|\s/g, ''), 'base64');
  const at = der.indexOf('Their CA') + 20;
  der[at] = (der[at] as number) ^ 1;
  const spoilt = await rejection(Promise.resolve().then(() => crlCheck({ lists: der }).check(theirs)));
  expect((spoilt as Error & { code: string }).code).toMatch(/^ERR_SOCK_TLS_CRL_/);
});
