import { createHash, createPublicKey } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createAuthority, createSelfSigned, type IssuedCertificate } from './index.ts';
import { putInto, runOpenssl } from './openssl-program.test-d.ts';

let dir: string;

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'sock-dev-certs-'));
});
afterAll(async () => {
  await rm(dir, { recursive: true });
});

const OK = 'OK';
const localhost = { names: ['localhost', '*.example.test'], ips: ['127.0.0.1', '::1'] };

describe('openssl verify accepts', () => {
  it('an EC leaf under an EC root', async () => {
    expect(await verify(createAuthority().issue(localhost))).toBe(OK);
  });

  it('an RSA leaf under an RSA root', async () => {
    expect(await verify(createAuthority({ keyType: 'rsa' }).issue({ ...localhost, keyType: 'rsa' }))).toBe(OK);
  });

  it('an RSA leaf under an EC intermediate under an RSA root', async () => {
    const intermediate = createAuthority({ keyType: 'rsa' }).issueIntermediate({ keyType: 'ec' });
    expect(await verify(intermediate.issue({ ...localhost, keyType: 'rsa' }))).toBe(OK);
  });

  it('a P-384 leaf under a P-384 root', async () => {
    expect(await verify(createAuthority({ keyType: 'ec-p384' }).issue({ ...localhost, keyType: 'ec-p384' }))).toBe(OK);
  });

  it('a chain through three intermediates', async () => {
    const lowest = createAuthority({ pathLength: 3 }).issueIntermediate().issueIntermediate().issueIntermediate();
    expect(await verify(lowest.issue(localhost))).toBe(OK);
  });

  it('a leaf whose subject is empty', async () => {
    expect(await verify(createAuthority().issue({ names: [`${'a'.repeat(60)}.example.test`] }))).toBe(OK);
  });

  it('a self-signed leaf that is trusted itself', async () => {
    expect(await verify(createSelfSigned(localhost), { strict: false })).toBe(OK);
  });

  it('names within the constraints of an intermediate', async () => {
    expect(await verify(constrained().issue({ names: ['localhost', 'a.example.test'], ips: ['127.0.0.1', 'fd00::1'] }))).toBe(OK);
  });

  it('validity beyond 2050', async () => {
    const notAfter = new Date('2060-01-01T00:00:00Z');
    expect(await verify(createAuthority({ notAfter }).issue({ ...localhost, notAfter }))).toBe(OK);
  });
});

describe('openssl verify refuses', () => {
  it('a leaf that has expired', async () => {
    expect(await verify(createAuthority().issue({ ...localhost, validity: 'expired' }))).toBe('error 10 at 0: certificate has expired');
  });

  it('a leaf whose time has not come', async () => {
    const issued = createAuthority().issue({ ...localhost, validity: 'not-yet-valid' });
    expect(await verify(issued)).toBe('error 9 at 0: certificate is not yet valid');
  });

  it('a leaf beneath an intermediate that has expired', async () => {
    const intermediate = createAuthority().issueIntermediate({ validity: 'expired' });
    const issued = intermediate.issue({ ...localhost, allow: ['outlive-issuer'] });
    expect(await verify(issued)).toBe('error 10 at 1: certificate has expired');
  });

  it('a leaf of another root with the same name', async () => {
    const issued = createAuthority().issue(localhost);
    expect(await verify({ ...issued, ca: createAuthority().ca })).toBe('error 20 at 0: unable to get local issuer certificate');
  });

  it('a leaf without the intermediate that issued it', async () => {
    const issued = createAuthority().issueIntermediate().issue(localhost);
    expect(await verify({ ...issued, chain: issued.cert })).toBe('error 20 at 0: unable to get local issuer certificate');
  });

  it('a self-signed leaf that is not trusted', async () => {
    const outcome = await verify({ ...createSelfSigned(localhost), ca: createAuthority().ca });
    expect(outcome).toBe('error 18 at 0: self-signed certificate');
  });

  it('a name and an address outside the permitted subtrees', async () => {
    expect(await verify(constrained().issue({ names: ['example.org'] }))).toBe('error 47 at 0: permitted subtree violation');
    expect(await verify(constrained().issue({ names: ['localhost'], ips: ['192.0.2.1'] }))).toBe('error 47 at 0: permitted subtree violation');
  });

  it('a name in an excluded subtree', async () => {
    expect(await verify(constrained().issue({ names: ['x.bad.example.test'] }))).toBe('error 48 at 0: excluded subtree violation');
  });

  it('an intermediate beneath a path length of 0', async () => {
    const lower = createAuthority({ pathLength: 0 }).issueIntermediate({ allow: ['exceed-path-length'] });
    expect(await verify(lower.issue(localhost))).toMatch(/^error 25 at \d: path length constraint exceeded$/);
  });

  it('a certificate for the other side of the connection', async () => {
    const authority = createAuthority();
    const outcomes = await Promise.all(
      (['server', 'client', 'both'] as const).flatMap((usage) =>
        (['sslserver', 'sslclient'] as const).map((purpose) => verify(authority.issue({ ...localhost, usage }), { purpose })),
      ),
    );
    const wrong = expect.stringMatching(/^error 26 at 0: unsu\w+ certificate purpose$/);
    expect(outcomes).toEqual([OK, wrong, wrong, OK, OK, OK]);
  });
});

describe('openssl x509 -checkhost', () => {
  it('finds exactly the names that were asked for', async () => {
    const file = await put('host.pem', createAuthority().issue(localhost).cert);
    const check = async (name: string): Promise<string> => (await openssl('x509', '-noout', '-in', file, '-checkhost', name)).trim();
    expect(await check('localhost')).toBe('Hostname localhost does match certificate');
    expect(await check('a.example.test')).toBe('Hostname a.example.test does match certificate');
    expect(await check('a.b.example.test')).toBe('Hostname a.b.example.test does NOT match certificate');
    expect(await check('example.org')).toBe('Hostname example.org does NOT match certificate');
  });
});

describe('openssl x509 -text', () => {
  it('shows the extensions of a leaf, the critical ones marked', async () => {
    const issued = createAuthority().issue({
      ...localhost,
      emails: ['ops@example.test'],
      uris: ['spiffe://example.test/worker'],
      keyType: 'rsa',
      usage: 'both',
      mustStaple: true,
      ocspUrls: ['http://127.0.0.1/ocsp'],
      issuerUrls: ['http://127.0.0.1/ca.der'],
      crlUrls: ['http://127.0.0.1/a.crl', 'http://127.0.0.1/b.crl'],
    });
    const shown = await text(issued.cert);
    expect(shown).toContain('Version: 3 (0x2)');
    expect(shown).toContain('Signature Algorithm: ecdsa-with-SHA256');
    expect(shown).toContain('Basic Constraints: critical CA:FALSE');
    expect(shown).toContain('Key Usage: critical Digital Signature, Key Encipherment X509v3');
    expect(shown).toContain('Extended Key Usage: TLS Web Server Authentication, TLS Web Client Authentication');
    expect(shown).toContain(
      'Subject Alternative Name: DNS:localhost, DNS:*.example.test, IP Address:127.0.0.1, IP Address:0:0:0:0:0:0:0:1, ' +
        'email:ops@example.test, URI:spiffe://example.test/worker',
    );
    const bits = createPublicKey(issued.key).export({ type: 'pkcs1', format: 'der' });
    const keyId = createHash('sha256').update(bits).digest().subarray(0, 20).toString('hex').toUpperCase();
    expect(shown).toContain(`Subject Key Identifier: ${keyId.replace(/..(?=.)/g, '$&:')} X509v3`);
    expect(shown).toContain('Authority Information Access: OCSP - URI:http://127.0.0.1/ocsp CA Issuers - URI:http://127.0.0.1/ca.der');
    expect(shown).toContain('CRL Distribution Points: Full Name: URI:http://127.0.0.1/a.crl Full Name: URI:http://127.0.0.1/b.crl');
    expect(shown).toContain('TLS Feature: status_request');
  });

  it('shows the extensions of an intermediate, and ties its key to the key above it', async () => {
    const root = createAuthority();
    const [above, shown] = [await text(root.ca), await text(root.issueIntermediate({ pathLength: 0, crlUrls: ['http://127.0.0.1/a.crl'] }).chain)];
    expect(shown).toContain('Basic Constraints: critical CA:TRUE, pathlen:0');
    expect(shown).toContain('Key Usage: critical Digital Signature, Certificate Sign, CRL Sign');
    expect(shown).toContain('CRL Distribution Points: Full Name: URI:http://127.0.0.1/a.crl');
    const [, subjectKey] = /Subject Key Identifier: ([0-9A-F:]{59}) /.exec(above) ?? [];
    expect(shown).toContain(`Authority Key Identifier: ${subjectKey}`);
  });

  it('marks the names critical when the subject is empty, as they are all there is', async () => {
    const shown = await text(createAuthority().issue({ names: [`${'a'.repeat(60)}.example.test`] }).cert);
    expect(shown).toContain('Subject Alternative Name: critical DNS:aaa');
  });
});

describe('openssl pkcs12', () => {
  it.each(['ec', 'rsa'] as const)('opens the file of an %s key without its legacy provider, and finds key and chain in it', async (keyType) => {
    const issued = createAuthority().issueIntermediate().issue({ ...localhost, keyType });
    const file = await put('bundle.p12', issued.pkcs12({ passphrase: 'sch\u00F6n', name: 'demo' }));
    const shown = await openssl('pkcs12', '-in', file, '-info', '-noenc', '-passin', 'pass:sch\u00F6n');
    const blocks = (label: string): string[] => shown.match(new RegExp(`-----BEGIN ${label}[^]*?END ${label}-----\n`, 'g')) ?? [];
    expect(blocks('PRIVATE KEY')).toEqual([issued.key]);
    expect(blocks('CERTIFICATE').join('')).toBe(issued.chain);
    expect(shown).toContain('friendlyName: demo');
    const [keyId, ...others] = shown.match(/localKeyID: .*/g) ?? [];
    expect(others).toEqual([keyId]);
    expect(shown).toContain('MAC: sha256, Iteration 2048');
    expect(shown.match(/PBES2, PBKDF2, AES-256-CBC, Iteration 2048, PRF hmacWithSHA256/g)).toHaveLength(2);
  });

  it('does not open the file with another passphrase', async () => {
    const file = await put('shut.p12', createAuthority().issue(localhost).pkcs12({ passphrase: 'right' }));
    expect(await openssl('pkcs12', '-in', file, '-noout', '-passin', 'pass:wrong')).toContain('Mac verify error: invalid password?');
    expect(await openssl('pkcs12', '-in', file, '-noout', '-passin', 'pass:right')).toBe('');
  });

  it('opens the encrypted key too', async () => {
    const issued = createAuthority().issue(localhost);
    const file = await put('key.pem', issued.encryptedKey('secret'));
    expect(await openssl('pkcs8', '-in', file, '-passin', 'pass:secret')).toBe(issued.key);
  });
});

function constrained(): ReturnType<typeof createAuthority> {
  const permitted = { names: ['localhost', 'example.test'], ips: ['127.0.0.0/8', 'fd00::/8'] };
  return createAuthority().issueIntermediate({ nameConstraints: { permitted, excluded: { names: ['bad.example.test'] } } });
}

/** `OK`, or the first error with its depth. Nothing but `ca` is trusted. */
async function verify(
  { cert, chain, ca }: Pick<IssuedCertificate, 'cert' | 'chain' | 'ca'>,
  { strict = true, purpose }: { strict?: boolean; purpose?: string } = {},
): Promise<string> {
  const [leaf, untrusted, root] = await Promise.all([put('leaf.pem', cert), put('chain.pem', chain), put('ca.pem', ca)]);
  const options = [...(strict ? ['-x509_strict'] : []), ...(purpose === undefined ? [] : ['-purpose', purpose])];
  const output = await openssl('verify', ...options, '-no-CApath', '-no-CAstore', '-CAfile', root, '-untrusted', untrusted, leaf);
  const [, code, depth, reason] = /error (\d+) at (\d+) depth lookup: (.*)/.exec(output) ?? [];
  return code === undefined ? output.trim().replace(`${leaf}: `, '') : `error ${code} at ${depth}: ${reason}`;
}

/** What `openssl x509 -text` shows, with all white space made one blank. */
async function text(pem: string): Promise<string> {
  return (await openssl('x509', '-noout', '-text', '-in', await put('text.pem', pem))).replace(/\s+/g, ' ');
}

function put(name: string, content: string | Buffer): Promise<string> {
  return putInto(dir, name, content);
}

async function openssl(...args: string[]): Promise<string> {
  const { stdout, stderr } = await runOpenssl(args);
  return stdout + stderr;
}
