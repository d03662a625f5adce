import { X509Certificate } from 'node:crypto';
import { createAuthority } from '@sock/dev-certs';
import { leakGuard } from '@sock/testkit';
import { danger } from '../danger.ts';
import type { ServerContextOptions } from '../index.ts';
import { spkiPin } from '../index.ts';
import { crlCheck } from '../revocation.ts';
import type { Twin, World } from './rule-twins-world.test-d.ts';
import { proveTwins } from './rule-twins-world.test-d.ts';

leakGuard();

const MINUTE = 60_000;
const root = createAuthority({ name: 'Root' });
const middle = root.issueIntermediate({ name: 'Middle' });
const host = root.issue({ names: ['good.test'] });
const usage = 'client';
const good = middle.issue({ usage, commonName: 'worker' });
const brief = middle.issue({ usage, commonName: 'brief', notAfter: new Date(Date.now() + 10 * MINUTE) });
const stranger = createAuthority({ name: 'Stranger' });
const pin = (pem: string): string => spkiPin(new X509Certificate(pem));

const lenient = danger({ reason: 'certificates that servers must refuse', allow: ['own-certificate'] });
const shows = ({ chain, key }: { chain: string; key: string }): World => ({ client: { cert: chain, key, danger: lenient } });
const rules = (server: Partial<ServerContextOptions>): World => ({ server });

const PEER = { turn: 'peer', again: 'full', good: shows(good), step: 'chain' } as const;
const MODE = { turn: 'rules', again: 'full', step: 'chain', code: 'ERR_SOCK_TLS_CERTIFICATE_REQUIRED', words: /showed no client certificate, and this server requires one/ } as const;
const nobody = { client: { cert: undefined, key: undefined } };

const chain: readonly Twin[] = [
  { ...PEER, rule: 'mode require: the client shows a certificate', bad: nobody, code: MODE.code, words: MODE.words },
  { ...MODE, rule: 'mode peer takes a client without, until the mode is require', good: { ...nobody, ...rules({ verify: 'peer' }) }, bad: { ...nobody, ...rules({ verify: 'require' }) }, outcome: 'skipped' },
  { ...PEER, rule: 'mode peer refuses a bad certificate', good: { ...shows(good), ...rules({ verify: 'peer' }) }, bad: { ...shows(stranger.issue({ usage })), ...rules({ verify: 'peer' }) }, code: 'ERR_SOCK_TLS_UNKNOWN_ISSUER', words: /^the client's certificate .* was issued by "CN=Stranger", which is not trusted here/ },
  { ...PEER, rule: 'once: false has it shown each time', resumes: false, good: { ...shows(good), ...rules({ once: false }) }, bad: { ...shows(stranger.issue({ usage })), ...rules({ once: false }) }, code: 'ERR_SOCK_TLS_UNKNOWN_ISSUER', words: /issued by "CN=Stranger"/ },
  { ...PEER, rule: 'the authority is trusted', bad: shows(stranger.issue({ usage })), code: 'ERR_SOCK_TLS_UNKNOWN_ISSUER', words: /issued by "CN=Stranger", which is not trusted here.*UNABLE_TO_VERIFY_LEAF_SIGNATURE/ },
  { ...PEER, rule: 'the authority is trusted still', turn: 'rules', bad: rules({ ca: stranger.ca }), code: 'ERR_SOCK_TLS_UNKNOWN_ISSUER', words: /issued by "CN=Middle", which is not trusted here/ },
  { ...PEER, rule: 'the certificate has not expired', bad: shows(middle.issue({ usage, validity: 'expired' })), code: 'ERR_SOCK_TLS_EXPIRED', words: /^the client's certificate .* has expired.*CERT_HAS_EXPIRED/ },
  { ...PEER, rule: 'the certificate has not expired since', good: shows(brief), turn: 'clock', clockMs: 11 * MINUTE, again: 'resumed', bad: shows(middle.issue({ usage, validity: 'expired' })), code: 'ERR_SOCK_TLS_EXPIRED', words: /^the client's certificate .* has expired/ },
  { ...PEER, rule: 'the certificate is valid already', bad: shows(middle.issue({ usage, validity: 'not-yet-valid' })), code: 'ERR_SOCK_TLS_NOT_YET_VALID', words: /is not valid yet.*CERT_NOT_YET_VALID/ },
  { ...PEER, rule: 'the certificate is for clients', bad: shows(middle.issue({ names: ['good.test'] })), code: 'ERR_SOCK_TLS_PURPOSE', words: /^the client's certificate "CN=good\.test" .*INVALID_PURPOSE/ },
];

const [ofMiddle, ofRoot] = [middle.crl().pem, root.crl().pem];
const crl = (...lists: string[]): World => rules({ crl: crlCheck({ lists }) });
const pins = (sha256: string): World => rules({ pins: { sha256: [sha256], backup: [pin(stranger.ca)] } });
const mood = { bad: false };
const asked: World = rules({ verifyPeer: () => (mood.bad ? false : undefined) });

/** A ticket comes back to the same rules of authorities and mode: what else changed, it is verified by again. */
const AGAIN = { turn: 'rules', again: 'resumed' } as const;
const more: readonly Twin[] = [
  { ...AGAIN, rule: 'the chain is no longer than maxChainDepth', step: 'depth', good: rules({ maxChainDepth: 1 }), bad: rules({ maxChainDepth: 0 }), code: 'ERR_SOCK_TLS_CHAIN_TOO_LONG', words: /has 1 certificates between its own and a root; maxChainDepth allows 0/ },
  { ...AGAIN, rule: 'a pinned key', step: 'pins', good: pins(pin(good.cert)), bad: pins(pin(host.cert)), code: 'ERR_SOCK_TLS_PIN_MISMATCH', words: /^the client at .* has none of the pinned public keys/ },
  { ...AGAIN, rule: 'a pinned intermediate', step: 'pins', good: pins(pin(middle.certificate.pem)), bad: pins(pin(host.cert)), code: 'ERR_SOCK_TLS_PIN_MISMATCH', words: /^the client at .* has none of the pinned public keys/ },
  { ...AGAIN, rule: 'CRL: the client is not on it', step: 'crl', good: crl(ofMiddle, ofRoot), bad: crl(middle.crl({ revoked: [{ certificate: good, reason: 'keyCompromise' }] }).pem, ofRoot), code: 'ERR_SOCK_TLS_REVOKED', words: /^the client's certificate "CN=worker" at .* was revoked on .*key compromise/ },
  { ...AGAIN, rule: 'CRL: no intermediate is on it', step: 'crl', good: crl(ofMiddle, ofRoot), bad: crl(ofMiddle, root.crl({ revoked: [{ certificate: middle.certificate }] }).pem), code: 'ERR_SOCK_TLS_REVOKED', words: /^the certificate of the authority "CN=Middle" above the client's own/ },
  { ...AGAIN, rule: 'CRL: each authority has one', step: 'crl', good: crl(ofMiddle, ofRoot), bad: crl(ofRoot), code: 'ERR_SOCK_TLS_CRL_MISSING', words: /no revocation list for the client's certificate "CN=worker"/ },
  { ...AGAIN, rule: 'CRL: it holds until its end', step: 'crl', turn: 'clock', clockMs: 11 * MINUTE, good: crl(middle.crl({ nextUpdate: new Date(Date.now() + 10 * MINUTE) }).pem, ofRoot), bad: crl(middle.crl({ validity: 'expired' }).pem, ofRoot), code: 'ERR_SOCK_TLS_CRL_STALE', words: /needed for the client's certificate .* ran out on/ },
  { ...AGAIN, rule: 'verifyPeer does not refuse', step: 'custom', turn: 'program', good: asked, bad: asked, mend: () => void (mood.bad = false), spoil: () => void (mood.bad = true), code: 'ERR_SOCK_TLS_REFUSED', words: /^verifyPeer refused the client at .*: it answered false$/ },
];

proveTwins({
  side: 'server',
  client: { ca: root.ca, cert: good.chain, key: good.key },
  server: { cert: host.chain, key: host.key, ca: root.ca },
}, [...chain, ...more]);

const anonymous = { side: 'server', client: { ca: root.ca }, server: { cert: host.chain, key: host.key } } as const;
proveTwins(anonymous, [{ ...MODE, rule: 'mode none asks nobody, until there are authorities', good: {}, outcome: 'skipped', bad: rules({ ca: root.ca }) }]);
