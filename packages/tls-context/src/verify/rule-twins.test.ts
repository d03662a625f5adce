import { X509Certificate } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createAuthority } from '@sock/dev-certs';
import { leakGuard } from '@sock/testkit';
import { afterAll } from 'vitest';
import type { ClientContextOptions, PinOptions, ServerContextOptions } from '../index.ts';
import { spkiPin } from '../index.ts';
import type { CrlCheckOptions, OcspCheckOptions } from '../revocation.ts';
import { crlCheck, ocspCheck } from '../revocation.ts';
import type { Twin, World } from './rule-twins-world.test-d.ts';
import { proveTwins } from './rule-twins-world.test-d.ts';

leakGuard();

const MINUTE = 60_000;
const soon = new Date(Date.now() + 10 * MINUTE);
const root = createAuthority({ name: 'Root' });
const middle = root.issueIntermediate({ name: 'Middle' });
const good = middle.issue({ names: ['good.test'] });
const strict = middle.issue({ names: ['good.test'], mustStaple: true });
const other = middle.issue({ names: ['good.test'] });
const impostor = createAuthority({ name: 'Middle' });

const pin = (pem: string): string => spkiPin(new X509Certificate(pem));
const [OWN, OTHER, NOBODYS] = [pin(good.cert), pin(other.cert), pin(impostor.ca)];
const pins = (sha256: string, backup: string, more: Partial<PinOptions> = {}): World => ({ client: { pins: { sha256: [sha256], backup: [backup], ...more } } });

const PINS = { step: 'pins', turn: 'rules', again: 'full', code: 'ERR_SOCK_TLS_PIN_MISMATCH', bad: pins(OTHER, NOBODYS) } as const;
const UNPINNED = /has none of the pinned public keys; its path has .*; if it changed its key on purpose, update the pins/;
const pinning: readonly Twin[] = [
  { ...PINS, rule: 'pins: the key of the server', good: pins(OWN, NOBODYS), words: UNPINNED },
  { ...PINS, rule: 'pins: a backup pin', good: pins(NOBODYS, OWN), words: UNPINNED },
  { ...PINS, rule: 'pins: the key of an intermediate', good: pins(pin(middle.certificate.pem), NOBODYS), words: UNPINNED },
  { ...PINS, rule: 'pins: the key of the root', good: pins(pin(root.ca), NOBODYS), words: UNPINNED },
  { ...PINS, rule: 'pins: report-only refuses nobody', good: pins(OTHER, NOBODYS, { reportOnly: () => {} }), outcome: 'reported', words: UNPINNED },
  { ...PINS, rule: 'pins: added later', good: {}, outcome: 'skipped', words: UNPINNED },
];

const directory = mkdtempSync(join(tmpdir(), 'rule-twins-'));
afterAll(() => rmSync(directory, { recursive: true }));
const file = join(directory, 'lists.pem');
const write = (...lists: { pem: string }[]): void => writeFileSync(file, lists.map(({ pem }) => pem).join(''));
const [ofMiddle, ofRoot] = [middle.crl(), root.crl()];
const againstLeaf = middle.crl({ revoked: [{ certificate: good, reason: 'keyCompromise' }] });
const againstMiddle = root.crl({ revoked: [{ certificate: middle.certificate, reason: 'cACompromise' }] });
const brief = middle.crl({ nextUpdate: soon });
write(ofMiddle, ofRoot);
const crl = (lists: readonly { pem: string }[], more: Partial<CrlCheckOptions> = {}): World => ({ client: { crl: crlCheck({ lists: lists.map(({ pem }) => pem), ...more }) } });
const followed: World = { client: { crl: crlCheck({ lists: { file }, reload: 0 }) } };

const LISTS = { step: 'crl', turn: 'rules', again: 'full', good: crl([ofMiddle, ofRoot]) } as const;
const revocation: readonly Twin[] = [
  { ...LISTS, rule: 'CRL: the server is not on it', bad: crl([againstLeaf, ofRoot]), code: 'ERR_SOCK_TLS_REVOKED', words: /^the server's certificate "CN=good\.test" at .* was revoked on .* \(key compromise; .*list of the authority "CN=Middle"/ },
  { ...LISTS, rule: 'CRL: no intermediate is on it', bad: crl([ofMiddle, againstMiddle]), code: 'ERR_SOCK_TLS_REVOKED', words: /^the certificate of the authority "CN=Middle" above the server's own at .* was revoked .*list of the authority "CN=Root"/ },
  { ...LISTS, rule: 'CRL: the leaf alone is looked up, until the chain is', good: crl([ofMiddle, againstMiddle], { scope: 'leaf' }), bad: crl([ofMiddle, againstMiddle]), code: 'ERR_SOCK_TLS_REVOKED', words: /^the certificate of the authority "CN=Middle"/ },
  { ...LISTS, rule: 'CRL: each authority has one', bad: crl([ofMiddle]), code: 'ERR_SOCK_TLS_CRL_MISSING', words: /no revocation list for the certificate of the authority "CN=Middle"/ },
  { ...LISTS, rule: 'CRL: one that is missing passes softly only', good: crl([ofRoot], { policy: 'soft' }), outcome: 'unknown', bad: crl([ofRoot]), code: 'ERR_SOCK_TLS_CRL_MISSING', words: /no revocation list for the server's certificate/ },
  { ...LISTS, rule: 'CRL: one that ran out passes softly only', good: crl([middle.crl({ validity: 'expired' }), ofRoot], { policy: 'soft' }), outcome: 'unknown', bad: crl([middle.crl({ validity: 'expired' }), ofRoot]), code: 'ERR_SOCK_TLS_CRL_STALE', words: /list of the authority "CN=Middle" .* ran out on/ },
  { ...LISTS, rule: 'CRL: it holds until its end', turn: 'clock', clockMs: 11 * MINUTE, good: crl([brief, ofRoot]), bad: crl([middle.crl({ validity: 'expired' }), ofRoot]), code: 'ERR_SOCK_TLS_CRL_STALE', words: /list of the authority "CN=Middle" .* ran out on/ },
  { ...LISTS, rule: 'CRL: its authority signed it', bad: crl([middle.crl({ signer: impostor }), ofRoot]), code: 'ERR_SOCK_TLS_CRL_INVALID', words: /cannot be looked up in the revocation list of the authority "CN=Middle"/ },
  { ...LISTS, rule: 'CRL: its file is followed', turn: 'program', good: followed, bad: followed, mend: () => write(ofMiddle, ofRoot), spoil: () => write(againstLeaf, ofRoot), code: 'ERR_SOCK_TLS_REVOKED', words: /says the list of the authority "CN=Middle" in .*lists\.pem, block 1/ },
];

const response = (more: object = {}, certificate = good): Buffer => middle.ocspResponse({ certificate, ...more });
/** What `stapler()` would refuse to staple, too. */
const staples = (der: Uint8Array | undefined): Pick<ServerContextOptions, 'cert' | 'key' | 'staple'> => ({ cert: good.chain, key: good.key, staple: { attach: () => ({ current: () => der, close: () => {} }) } });
const asks = (options: OcspCheckOptions = {}): Pick<ClientContextOptions, 'ocsp'> => ({ ocsp: ocspCheck(options) });
const hard = asks({ policy: 'hard' });
const stapled = (der: Uint8Array | undefined, client = hard, certificate = good): World => ({ client, server: { ...staples(der), cert: certificate.chain, key: certificate.key } });

const STAPLE = { step: 'ocsp', turn: 'peer', again: 'full', good: stapled(response()) } as const;
const must = asks();
const stapling: readonly Twin[] = [
  { ...STAPLE, rule: 'staple: it is good', bad: stapled(response({ status: 'revoked', reason: 'superseded' })), code: 'ERR_SOCK_TLS_REVOKED', words: /^the server's certificate .* was revoked on .* \(superseded; .*says the authority "CN=Middle" itself/ },
  { ...STAPLE, rule: 'staple: the responder knows the certificate', bad: stapled(response({ status: 'unknown' })), code: 'ERR_SOCK_TLS_STAPLE_INVALID', words: /does not know the certificate/ },
  { ...STAPLE, rule: 'staple: the policy "hard" demands one', bad: stapled(undefined), code: 'ERR_SOCK_TLS_STAPLE_MISSING', words: /the policy "hard" demands one; switch stapling on/ },
  { ...STAPLE, rule: 'staple: none passes softly only', turn: 'rules', good: stapled(undefined, asks({ policy: 'soft' })), outcome: 'unknown', bad: stapled(undefined), code: 'ERR_SOCK_TLS_STAPLE_MISSING', words: /the policy "hard" demands one/ },
  { ...STAPLE, rule: 'staple: a certificate that promises one keeps its word', good: stapled(response({}, strict), must, strict), bad: stapled(undefined, must, strict), code: 'ERR_SOCK_TLS_STAPLE_MISSING', words: /its certificate says that it staples \(RFC 7633\)/ },
  { ...STAPLE, rule: 'staple: it has not run out', bad: stapled(response({ validity: 'expired' })), code: 'ERR_SOCK_TLS_STAPLE_STALE', words: /ran out on .*; the server must fetch a newer one/ },
  { ...STAPLE, rule: 'staple: it holds until its end', turn: 'clock', clockMs: 11 * MINUTE, good: stapled(response({ nextUpdate: soon })), bad: stapled(response({ validity: 'expired' })), code: 'ERR_SOCK_TLS_STAPLE_STALE', words: /ran out on/, again: 'full' },
  { ...STAPLE, rule: 'staple: its authority signed it', bad: stapled(response({ signer: impostor })), code: 'ERR_SOCK_TLS_STAPLE_FORGED', words: /is forged.*signature is wrong/ },
  { ...STAPLE, rule: 'staple: it is about this certificate', bad: stapled(response({}, other)), code: 'ERR_SOCK_TLS_STAPLE_INVALID', words: /is about another certificate/ },
];

const mood = { bad: false };
const asked = (answer: () => void | boolean | Promise<void | boolean>, more: ClientContextOptions = {}): Pick<Twin, 'good' | 'bad'> => {
  const world: World = { client: { verifyPeer: () => (mood.bad ? answer() : undefined), ...more } };
  return { good: world, bad: world };
};
const ASKED = { step: 'custom', turn: 'program', again: 'resumed', mend: () => void (mood.bad = false), spoil: () => void (mood.bad = true), code: 'ERR_SOCK_TLS_REFUSED' } as const;
const custom: readonly Twin[] = [
  { ...ASKED, rule: 'verifyPeer: it does not answer false', ...asked(() => false), words: /^verifyPeer refused the server at .*: it answered false$/ },
  { ...ASKED, rule: 'verifyPeer: it does not throw', ...asked(() => { throw new Error('not on the list'); }), words: /^verifyPeer refused the server at .*: not on the list$/ },
  { ...ASKED, rule: 'verifyPeer: a late answer counts', ...asked(() => new Promise((resolve) => setImmediate(resolve, false))), words: /it answered false$/ },
  { ...ASKED, rule: 'verifyPeer: it answers in time', ...asked(() => new Promise(() => {}), { handshakeTimeout: '1s' }), code: 'ERR_SOCK_TIMEOUT', words: /^verification of the peer .* did not finish within (?:1000|\d{1,3}) ms$/ },
  { ...ASKED, rule: 'verifyPeer: one that comes later is asked', turn: 'rules', again: 'full', good: {}, outcome: 'skipped', bad: { client: { verifyPeer: () => false } }, words: /it answered false$/ },
];

proveTwins({ side: 'client', client: { ca: root.ca }, server: { cert: good.chain, key: good.key } }, [...pinning, ...revocation, ...stapling, ...custom]);
