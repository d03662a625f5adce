import { spawnSync } from 'node:child_process';
import { generateKeyPairSync } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { IssuedCertificate } from '@sock/dev-certs';
import { createAuthority, createSelfSigned } from '@sock/dev-certs';
import { leakGuard } from '@sock/testkit';
import { danger } from '../danger.ts';
import type { Twin } from './rule-twins-world.test-d.ts';
import { proveTwins } from './rule-twins-world.test-d.ts';

leakGuard();

const MINUTE = 60_000;
const names = ['good.test', '*.wild.test', 'münchen.test', 'my_host.test'];
const soon = new Date(Date.now() + 10 * MINUTE);
const root = createAuthority({ name: 'Root' });
const middle = root.issueIntermediate({ name: 'Middle' });
const good = middle.issue({ names, ips: ['127.0.0.1'] });
const ended = root.issueIntermediate({ name: 'Ended', validity: 'expired' }).issue({ names, allow: ['outlive-issuer'] });
const brief = root.issueIntermediate({ name: 'Brief', notAfter: soon }).issue({ names, notAfter: new Date(Date.now() + 60 * MINUTE), allow: ['outlive-issuer'] });
const itself = createSelfSigned({ names });
const stranger = createAuthority({ name: 'Stranger' });
const strangers = stranger.issue({ names });
const limited = root.issueIntermediate({ name: 'Limited', nameConstraints: { permitted: { names: ['example.test'] } } });
const last = root.issueIntermediate({ name: 'Last', pathLength: 0 });
const impostor = createAuthority({ name: 'Middle' }).issue({ names });

const shows = ({ chain, key }: Pick<IssuedCertificate, 'chain' | 'key'>): { server: { cert: string; key: string } } => ({ server: { cert: chain, key } });
const trusts = (ca: string): { client: { ca: string } } => ({ client: { ca } });
/** The last bytes of a certificate are its signature. */
const spoilt = Buffer.from(good.der);
spoilt.writeUInt8(spoilt.readUInt8(spoilt.length - 1) ^ 1, spoilt.length - 1);
const spoiltPem = `-----BEGIN CERTIFICATE-----\n${spoilt.toString('base64').replace(/(.{64})/g, '$1\n')}\n-----END CERTIFICATE-----\n`;

const PEER = { good: shows(good), turn: 'peer', again: 'full', step: 'chain' } as const;
const VOUCHED = 'who vouched for a chain is not asked again inside a session: its key holds the digest of the authorities instead';
const RULES = { turn: 'rules', again: 'full', step: 'chain', trusted: VOUCHED } as const;

const CHAIN: readonly Twin[] = [
  { ...RULES, rule: 'the authority is trusted', good: trusts(root.ca), bad: trusts(stranger.ca), code: 'ERR_SOCK_TLS_UNKNOWN_ISSUER', words: /issued by "CN=Middle", which is not trusted here.*UNABLE_TO_GET_ISSUER_CERT_LOCALLY/ },
  { ...RULES, rule: 'an authority of the right name is not enough', good: trusts(root.ca), bad: trusts(createAuthority({ name: 'Root' }).ca), code: 'ERR_SOCK_TLS_UNKNOWN_ISSUER', words: /issued by "CN=Middle", which is not trusted here/ },
  { ...RULES, rule: 'a root that is sent along is not trusted for it', good: { ...trusts(stranger.ca), ...shows({ chain: strangers.chain + stranger.ca, key: strangers.key }) }, bad: { ...trusts(root.ca), ...shows({ chain: strangers.chain + stranger.ca, key: strangers.key }) }, code: 'ERR_SOCK_TLS_UNKNOWN_ISSUER', words: /SELF_SIGNED_CERT_IN_CHAIN/ },
  { ...RULES, rule: 'a certificate that signed itself is given as ca', good: { ...trusts(itself.cert), ...shows(itself) }, bad: { ...trusts(root.ca), ...shows(itself) }, code: 'ERR_SOCK_TLS_SELF_SIGNED', words: /signed by itself and not trusted here.*DEPTH_ZERO_SELF_SIGNED_CERT/ },
  { ...PEER, rule: 'the intermediates are sent', bad: shows({ chain: good.cert, key: good.key }), code: 'ERR_SOCK_TLS_UNKNOWN_ISSUER', words: /let the peer send its intermediates.*UNABLE_TO_VERIFY_LEAF_SIGNATURE/ },
  { ...PEER, rule: 'the signature is that of the issuer', bad: shows({ chain: spoiltPem + middle.chain, key: good.key }), code: 'ERR_SOCK_TLS_UNTRUSTED', words: /is not trusted: .*signature failure/ },
  { ...PEER, rule: 'the issuer has the key, not only the name', bad: shows({ chain: impostor.cert + middle.chain, key: impostor.key }), code: 'ERR_SOCK_TLS_UNKNOWN_ISSUER', words: /issued by "CN=Middle", which is not trusted here/ },
  { ...PEER, rule: 'the certificate has not expired', bad: shows(middle.issue({ names, validity: 'expired' })), code: 'ERR_SOCK_TLS_EXPIRED', words: /has expired.*CERT_HAS_EXPIRED/ },
  { ...PEER, rule: 'no certificate above it has expired', bad: shows(ended), code: 'ERR_SOCK_TLS_EXPIRED', words: /or one above it has.*CERT_HAS_EXPIRED/ },
  { ...PEER, rule: 'the certificate is valid already', bad: shows(middle.issue({ names, validity: 'not-yet-valid' })), code: 'ERR_SOCK_TLS_NOT_YET_VALID', words: /is not valid yet.*CERT_NOT_YET_VALID/ },
  { ...PEER, rule: 'the certificate is for servers', bad: shows(middle.issue({ names, usage: 'client' })), code: 'ERR_SOCK_TLS_PURPOSE', words: /not made for this side of TLS.*INVALID_PURPOSE/ },
  { ...PEER, rule: 'the names are within the constraints above', bad: shows(limited.issue({ names: ['good.test'] })), code: 'ERR_SOCK_TLS_CONSTRAINT', words: /rule that a certificate above it sets.*permitted subtree violation/ },
  { ...PEER, rule: 'the path is as short as an authority wants it', bad: shows(last.issueIntermediate({ allow: ['exceed-path-length'] }).issue({ names })), code: 'ERR_SOCK_TLS_CONSTRAINT', words: /rule that a certificate above it sets.*PATH_LENGTH_EXCEEDED/ },
];

/** Made by the `openssl` program: dev-certs makes neither weak keys, nor leaves that issue, nor extensions that nobody knows. */
const directory = mkdtempSync(join(tmpdir(), 'rule-twins-'));
const SERVER = 'subjectAltName=DNS:good.test\nextendedKeyUsage=serverAuth\n';
const leafAsAuthority = byOpenssl('basicConstraints=critical,CA:FALSE\n', middle);
const below = { certificate: { pem: leafAsAuthority.cert }, key: leafAsAuthority.key, chain: leafAsAuthority.chain };
const weakRoot = byOpenssl('basicConstraints=critical,CA:TRUE\n', undefined);
const weak = { certificate: { pem: weakRoot.cert }, key: weakRoot.key, chain: '' };
const trustsWeak = { client: { ca: [root.ca, weakRoot.cert] } };
const odd: readonly Twin[] = [
  { ...PEER, rule: 'only authorities issue', bad: shows(byOpenssl(SERVER, below)), code: 'ERR_SOCK_TLS_PURPOSE', words: /INVALID_PURPOSE/ },
  { ...PEER, rule: 'every critical extension is understood', bad: shows(byOpenssl(`${SERVER}2.999.1=critical,ASN1:UTF8String:who knows\n`, middle)), code: 'ERR_SOCK_TLS_CONSTRAINT', words: /unhandled critical extension/ },
  { ...PEER, rule: 'no key of the path is weak', good: { ...shows(good), ...trustsWeak }, bad: { ...shows(byOpenssl(SERVER, weak)), ...trustsWeak }, code: 'ERR_SOCK_TLS_WEAK', words: /too weak to be trusted.*CA certificate key too weak/ },
];
rmSync(directory, { recursive: true });

const CLOCK = { good: shows(brief), step: 'chain', turn: 'clock' } as const;
const TIME: readonly Twin[] = [
  { ...CLOCK, rule: 'no certificate of the chain has expired on resumption', clockMs: 11 * MINUTE, bad: shows(ended), again: 'passes', code: 'ERR_SOCK_TLS_EXPIRED', words: /has expired, or one above it has/ },
  { ...CLOCK, rule: 'a certificate above is still valid on resumption', clockMs: -10 * MINUTE, bad: shows(middle.issue({ names, validity: 'not-yet-valid' })), again: 'resumed', code: 'ERR_SOCK_TLS_NOT_YET_VALID', words: /is not valid yet/ },
];

const NAME = { step: 'name', turn: 'rules', again: 'full', code: 'ERR_SOCK_TLS_NAME_MISMATCH' } as const;
const NAMES: readonly Twin[] = [
  { ...NAME, rule: 'a DNS name', good: {}, bad: { target: 'bad.test' }, words: /is not "bad\.test": its certificate is for DNS:good\.test/ },
  { ...NAME, rule: 'a wildcard stands for one label', good: { target: 'a.wild.test' }, bad: { target: 'a.b.wild.test' }, words: /is not "a\.b\.wild\.test"/ },
  { ...NAME, rule: 'a wildcard stands for no missing label', good: { target: 'a.wild.test' }, bad: { target: 'wild.test' }, words: /is not "wild\.test"/ },
  { ...NAME, rule: 'an IP address', good: { target: '127.0.0.1' }, bad: { target: '127.0.0.2' }, words: /is not "127\.0\.0\.2": its certificate is for .*IP Address:127\.0\.0\.1/ },
  { ...NAME, rule: 'an international name', good: { target: 'MÜNCHEN.test' }, bad: { target: 'munchen.test' }, words: /is not "munchen\.test": its certificate is for .*xn--mnchen-3ya\.test/ },
  { ...NAME, rule: 'a name with an underscore', good: { target: 'my_host.test' }, bad: { target: 'your_host.test' }, words: /is not "your_host\.test"/ },
  { ...NAME, rule: 'a name among the subject alternative names', good: shows(good), turn: 'peer', bad: shows(middle.issue({ commonName: 'good.test', allow: ['no-names'] })), words: /no name at all \(a common name alone does not count\)/ },
  { ...NAME, rule: 'the client says whom it expects', good: {}, bad: { target: null }, code: 'ERR_SOCK_TLS_NO_NAME', words: /without it the server's certificate cannot be checked/, trusted: 'nothing is dialled at all' },
];

const SENT = { step: 'depth', turn: 'rules', again: 'full', code: 'ERR_SOCK_TLS_CHAIN_TOO_LONG' } as const;
const DEPTH: readonly Twin[] = [
  { ...SENT, rule: 'the chain is no longer than maxChainDepth', good: { client: { maxChainDepth: 1 } }, bad: { client: { maxChainDepth: 0 } }, words: /has 1 certificates between its own and a root; maxChainDepth allows 0/ },
];

proveTwins({
  side: 'client',
  client: { ca: root.ca },
  // The worlds need servers that show what no server should.
  server: { cert: good.chain, key: good.key, danger: danger({ reason: 'certificates that clients must refuse', allow: ['own-certificate'] }) },
}, [...CHAIN, ...odd, ...TIME, ...NAMES, ...DEPTH]);

function byOpenssl(extensions: string, issuer: { readonly certificate: { readonly pem: string }; readonly key: string; readonly chain: string } | undefined): Pick<IssuedCertificate, 'cert' | 'chain' | 'key'> {
  const file = (name: string, content: string): string => {
    writeFileSync(join(directory, name), content);
    return join(directory, name);
  };
  // Without an issuer it is a root, with a key that nobody should have.
  const key = issuer === undefined ? generateKeyPairSync('rsa', { modulusLength: 512 }).privateKey.export({ type: 'pkcs8', format: 'pem' }).toString() : createAuthority().key;
  const config = file('config', `[req]\ndistinguished_name=n\n[n]\n[x]\n${extensions}`);
  const by = issuer === undefined ? [] : ['-CA', file('ca.pem', issuer.certificate.pem), '-CAkey', file('ca.key', issuer.key)];
  const subject = issuer === undefined ? '/CN=Weak' : '/CN=good.test';
  const { stdout, stderr } = spawnSync('openssl', ['req', '-x509', '-new', '-days', '9', '-subj', subject, '-config', config, '-extensions', 'x', '-key', file('own.key', key), ...by], { encoding: 'utf8' });
  if (!stdout.startsWith('-----BEGIN')) throw new Error(stderr);
  return { cert: stdout, chain: stdout + (issuer?.chain ?? ''), key };
}
