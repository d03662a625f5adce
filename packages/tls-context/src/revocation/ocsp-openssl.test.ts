import { spawnSync } from 'node:child_process';
import { X509Certificate } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createAuthority } from '@sock/dev-certs';
import { afterAll, expect, test } from 'vitest';
import type { Peer } from '../verify/peer.ts';
import { ocspCheck } from './ocsp-check.ts';

const directory = mkdtempSync(join(tmpdir(), 'ocsp-openssl-'));
afterAll(() => rmSync(directory, { recursive: true }));
const file = (name: string, content: string | Uint8Array): string => {
  const path = join(directory, name);
  writeFileSync(path, content);
  return path;
};

const root = createAuthority({ name: 'Root' });
const middle = root.issueIntermediate({ name: 'Middle' });
const leaf = middle.issue({ names: ['a.test'] });
const other = middle.issue({ names: ['b.test'] });
const responder = middle.issue({ usage: 'ocsp' });
const below = middle.issueIntermediate({ name: 'Below' });
const elsewhere = createAuthority({ name: 'Elsewhere' });
const path = [leaf.cert, middle.certificate.pem, root.ca].map((pem) => new X509Certificate(pem));
const about = { certificate: leaf } as const;

/** What `openssl ocsp` makes of a response: the issuers of all responders are trusted, so that only entitlement is left to fail. */
function openssl(staple: Uint8Array): string {
  const trusted = file('trusted.pem', root.ca + middle.certificate.pem + below.certificate.pem + elsewhere.ca);
  const { stdout, stderr } = spawnSync('openssl', ['ocsp', '-respin', file('staple.der', staple), '-issuer', file('issuer.pem', middle.certificate.pem), '-cert', file('leaf.pem', leaf.cert), '-CAfile', trusted, '-no_nonce'], { encoding: 'utf8' });
  return `${stdout}${stderr}`;
}

const VERIFIED = /Response verify OK/;
const REFUSED = /Response Verify Failure/;

test.each<[string, Uint8Array, string, RegExp[]]>([
  ['good, by name', middle.ocspResponse(about), 'ok', [VERIFIED, /leaf\.pem: good/]],
  ['good, by key', middle.ocspResponse({ ...about, responderId: 'key' }), 'ok', [VERIFIED, /leaf\.pem: good/]],
  ['good, by a delegate', middle.ocspResponse({ ...about, responder }), 'ok', [VERIFIED, /leaf\.pem: good/]],
  ['good, by a delegate by key', middle.ocspResponse({ ...about, responder, responderId: 'key' }), 'ok', [VERIFIED, /leaf\.pem: good/]],
  ['revoked', middle.ocspResponse({ ...about, status: 'revoked', reason: 'superseded' }), 'ERR_SOCK_TLS_REVOKED', [VERIFIED, /leaf\.pem: revoked/, /Reason: superseded/]],
  ['revoked, by a delegate', middle.ocspResponse({ ...about, status: 'revoked', responder }), 'ERR_SOCK_TLS_REVOKED', [VERIFIED, /leaf\.pem: revoked/]],
  ['unknown', middle.ocspResponse({ ...about, status: 'unknown' }), 'ERR_SOCK_TLS_STAPLE_INVALID', [VERIFIED, /leaf\.pem: unknown/]],
  ['stale', middle.ocspResponse({ ...about, validity: 'expired' }), 'ERR_SOCK_TLS_STAPLE_STALE', [VERIFIED, /status expired/]],
  ['of tomorrow', middle.ocspResponse({ ...about, validity: 'not-yet-valid' }), 'ERR_SOCK_TLS_STAPLE_STALE', [VERIFIED, /status not yet valid/]],
  ['about another certificate', middle.ocspResponse({ certificate: other }), 'ERR_SOCK_TLS_STAPLE_INVALID', [VERIFIED, /leaf\.pem: ERROR: No Status found/]],
  ['tryLater', middle.ocspResponse({ responseStatus: 'tryLater' }), 'ERR_SOCK_TLS_STAPLE_INVALID', [/Responder Error: trylater/i]],
  ['a spoilt signature', middle.ocspResponse({ ...about, corruptSignature: true }), 'ERR_SOCK_TLS_STAPLE_FORGED', [REFUSED]],
  ['forged', middle.ocspResponse({ ...about, signer: elsewhere }), 'ERR_SOCK_TLS_STAPLE_FORGED', [REFUSED]],
  ['a responder without the purpose', middle.ocspResponse({ ...about, responder: other }), 'ERR_SOCK_TLS_STAPLE_FORGED', [REFUSED, /missing ocspsigning usage/]],
  ['a responder of another authority', middle.ocspResponse({ ...about, responder: elsewhere.issue({ usage: 'ocsp' }) }), 'ERR_SOCK_TLS_STAPLE_FORGED', [REFUSED, /root ca not trusted/]],
  ['a responder two steps below', middle.ocspResponse({ ...about, responder: below.issue({ usage: 'ocsp' }) }), 'ERR_SOCK_TLS_STAPLE_FORGED', [REFUSED]],
  ['a responder that has expired', middle.ocspResponse({ ...about, responder: middle.issue({ usage: 'ocsp', validity: 'expired' }) }), 'ERR_SOCK_TLS_STAPLE_FORGED', [REFUSED, /certificate has expired/]],
])('openssl ocsp -respin agrees: %s', async (_, staple, ours, theirs) => {
  const peer: Peer = { role: 'client', endpoint: undefined, expected: 'a.test', certificate: path[0] as X509Certificate, chain: path, resumed: false, staple, path: () => path };
  expect(await ocspCheck().check(peer).then(({ outcome }) => outcome, (error: { code: string }) => error.code)).toBe(ours);
  const said = openssl(staple);
  for (const words of theirs) expect(said).toMatch(words);
});

test.each<[string, string[], string[], string[]]>([
  ['RSA', ['rsa:2048'], ['-rmd', 'sha256'], []],
  ['RSA-PSS', ['rsa:2048'], ['-rmd', 'sha256', '-rsigopt', 'rsa_padding_mode:pss', '-rsigopt', 'rsa_pss_saltlen:-1'], []],
  ['P-384 and SHA-384', ['ec', '-pkeyopt', 'ec_paramgen_curve:P-384'], ['-rmd', 'sha384'], ['-sha256']],
  ['P-256 and a CertID of SHA-384', ['ec', '-pkeyopt', 'ec_paramgen_curve:P-256'], ['-rmd', 'sha256'], ['-sha384']],
  ['P-256 and a CertID of SHA-512, by key', ['ec', '-pkeyopt', 'ec_paramgen_curve:P-256'], ['-rmd', 'sha256', '-resp_key_id'], ['-sha512']],
])('a response of openssl itself is taken: %s', async (_, key, sign, hash) => {
  const name = (end: string): string => join(directory, `their.${end}`);
  const run = (...args: string[]): void => {
    const { status, stderr } = spawnSync('openssl', args, { encoding: 'utf8' });
    expect(status, stderr).toBe(0);
  };
  run('req', '-x509', '-nodes', '-newkey', ...key, '-subj', '/CN=Their CA', '-days', '2', '-keyout', name('key'), '-out', name('pem'));
  run('req', '-nodes', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-subj', '/CN=a.test', '-keyout', name('leaf.key'), '-out', name('csr'));
  run('x509', '-req', '-in', name('csr'), '-CA', name('pem'), '-CAkey', name('key'), '-set_serial', '0x00fedcba98', '-days', '1', '-out', name('leaf'));
  file('their.index', 'V\t301231235959Z\t\tFEDCBA98\tunknown\t/CN=a.test\n');
  run('ocsp', ...hash, '-issuer', name('pem'), '-cert', name('leaf'), '-no_nonce', '-reqout', name('request'));
  run('ocsp', '-index', name('index'), '-CA', name('pem'), '-rsigner', name('pem'), '-rkey', name('key'), '-reqin', name('request'), '-respout', name('response'), '-ndays', '2', ...sign);
  const theirs = [new X509Certificate(readFileSync(name('leaf'))), new X509Certificate(readFileSync(name('pem')))];
  const peer: Peer = { role: 'client', endpoint: undefined, expected: 'a.test', certificate: theirs[0] as X509Certificate, chain: theirs, resumed: false, staple: readFileSync(name('response')), path: () => theirs };
  expect(await ocspCheck({ policy: 'hard' }).check(peer)).toMatchObject({ outcome: 'ok', detail: expect.stringContaining('"CN=Their CA" itself') });
});

test.each([
  ['serverAuth, OCSPSigning', 'ok'],
  ['anyExtendedKeyUsage', 'ERR_SOCK_TLS_STAPLE_FORGED'],
  ['serverAuth, anyExtendedKeyUsage', 'ERR_SOCK_TLS_STAPLE_FORGED'],
])('a responder whose certificate is for %s: %s', async (usage, outcome) => {
  const name = (end: string): string => join(directory, `any.${end}`);
  file('any.ca', middle.certificate.pem);
  file('any.cakey', middle.key);
  file('any.ext', `extendedKeyUsage=${usage}\n`);
  for (const args of [
    ['req', '-nodes', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-subj', '/CN=Responder', '-keyout', name('key'), '-out', name('csr')],
    ['x509', '-req', '-in', name('csr'), '-CA', name('ca'), '-CAkey', name('cakey'), '-set_serial', '77', '-days', '1', '-extfile', name('ext'), '-out', name('pem')],
  ]) {
    const { status, stderr } = spawnSync('openssl', args, { encoding: 'utf8' });
    expect(status, stderr).toBe(0);
  }
  const theirs = { der: new X509Certificate(readFileSync(name('pem'))).raw, key: readFileSync(name('key'), 'utf8') };
  const staple = middle.ocspResponse({ ...about, responder: theirs });
  const peer: Peer = { role: 'client', endpoint: undefined, expected: 'a.test', certificate: path[0] as X509Certificate, chain: path, resumed: false, staple, path: () => path };
  expect(await ocspCheck().check(peer).then((result) => result.outcome, (error: { code: string }) => error.code)).toBe(outcome);
  expect(openssl(staple)).toMatch(outcome === 'ok' ? VERIFIED : REFUSED);
});
