import { createHash, createPrivateKey, createPublicKey, generateKeyPairSync, X509Certificate } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { createAuthority, createSelfSigned, DevCertsError, type KeyType } from './index.ts';

describe('createAuthority', () => {
  it('makes a certificate that may issue others and that its own key signed', () => {
    const { certificate, ca, chain, key } = createAuthority({ name: 'Test root' });
    const x509 = new X509Certificate(certificate.der);
    expect(x509.ca).toBe(true);
    expect(x509.subject).toBe('CN=Test root');
    expect(x509.verify(x509.publicKey)).toBe(true);
    expect(x509.checkPrivateKey(createPrivateKey(key))).toBe(true);
    expect(ca).toBe(certificate.pem);
    expect(chain).toBe('');
  });

  it('makes an EC key on P-256 unless another kind is asked for', () => {
    const kinds = (['ec', 'ec-p384', 'rsa', 'rsa-3072'] satisfies KeyType[]).map((keyType) => details(createAuthority({ keyType }).key));
    expect(kinds).toEqual(['prime256v1', 'secp384r1', 2048, 3072]);
    expect(details(createAuthority().key)).toBe('prime256v1');
  });

  it('shares neither key nor serial number between two authorities of the same name', () => {
    const [one, other] = [createAuthority(), createAuthority()];
    expect(one.key).not.toBe(other.key);
    expect(one.certificate.serialNumber).not.toBe(other.certificate.serialNumber);
  });
});

describe('issue', () => {
  it('gives a certificate that belongs to its key, its issuer and its names', () => {
    const authority = createAuthority();
    const issued = authority.issue({ names: ['localhost', '*.example.test'], ips: ['127.0.0.1', '::1'] });
    const leaf = new X509Certificate(issued.cert);
    expect(leaf.ca).toBe(false);
    expect(leaf.checkIssued(new X509Certificate(authority.ca))).toBe(true);
    expect(leaf.verify(createPublicKey(authority.key))).toBe(true);
    expect(leaf.checkPrivateKey(createPrivateKey(issued.key))).toBe(true);
    expect(leaf.checkHost('a.example.test')).toBe('*.example.test');
    expect(leaf.checkHost('a.b.example.test')).toBeUndefined();
    expect(leaf.checkIP('127.0.0.1')).toBe('127.0.0.1');
    expect(leaf.checkIP('127.0.0.2')).toBeUndefined();
  });

  it('tells the same facts as Node.js reads from the certificate', () => {
    const issued = createAuthority().issue({ names: ['localhost'] });
    const leaf = new X509Certificate(issued.der);
    const spki = leaf.publicKey.export({ type: 'spki', format: 'der' });
    expect(issued.serialNumber).toBe(leaf.serialNumber);
    expect(issued.fingerprint256).toBe(leaf.fingerprint256);
    expect(issued.spkiSha256).toBe(createHash('sha256').update(spki).digest('base64'));
    expect(issued.notBefore).toEqual(new Date(leaf.validFrom));
    expect(issued.notAfter).toEqual(new Date(leaf.validTo));
    expect(issued.cert).toBe(leaf.toString());
  });

  it('gives serial numbers of 16 bytes that are positive and never come twice', () => {
    const authority = createAuthority();
    const serials = Array.from({ length: 200 }, () => authority.issue({ names: ['localhost'] }).serialNumber);
    expect(serials.filter((serial) => !/^[4-7][0-9A-F]{31}$/.test(serial))).toEqual([]);
    expect(new Set(serials).size).toBe(200);
  });

  it('puts the intermediates into the chain, nearest first, and leaves the root out', () => {
    const root = createAuthority();
    const upper = root.issueIntermediate({ name: 'Upper' });
    const lower = upper.issueIntermediate({ name: 'Lower' });
    const issued = lower.issue({ names: ['localhost'] });
    const subjects = issued.chain.split(/(?<=END CERTIFICATE-----\n)/).map((pem) => new X509Certificate(pem).subject);
    expect(subjects).toEqual(['CN=localhost', 'CN=Lower', 'CN=Upper']);
    expect(lower.chain).toBe(issued.chain.slice(issued.cert.length));
    expect(issued.ca).toBe(root.certificate.pem);
    expect(lower.ca).toBe(root.certificate.pem);
  });

  it('keeps the pin when a key is used again, and changes it otherwise', () => {
    const authority = createAuthority();
    const first = authority.issue({ names: ['localhost'] });
    const renewed = authority.issue({ names: ['localhost'], key: first.key });
    expect(renewed.spkiSha256).toBe(first.spkiSha256);
    expect(renewed.serialNumber).not.toBe(first.serialNumber);
    expect(authority.issue({ names: ['localhost'] }).spkiSha256).not.toBe(first.spkiSha256);
  });

  it('names the subject after the first name, and leaves it empty when that is too long for a common name', () => {
    const authority = createAuthority();
    const subject = (options: Parameters<typeof authority.issue>[0]): string | undefined =>
      new X509Certificate(authority.issue(options).cert).subject;
    expect(subject({ names: ['B\u00FCcher.test'] })).toBe('CN=xn--bcher-kva.test');
    expect(subject({ ips: ['::1'] })).toBe('CN=::1');
    expect(subject({ names: ['localhost'], commonName: 'My server' })).toBe('CN=My server');
    expect(subject({ usage: 'client', commonName: 'J\u00FCrgen' })).toBe('CN=J\u00FCrgen');
    expect(subject({ names: [`${'a'.repeat(60)}.example.test`] })).toBeUndefined();
    expect(subject({ usage: 'client' })).toBeUndefined();
  });

  it('encrypts the private key so that only its passphrase opens it', () => {
    const issued = createAuthority().issue({ names: ['localhost'] });
    const pem = issued.encryptedKey('open sesame');
    expect(pem).toMatch(/^-----BEGIN ENCRYPTED PRIVATE KEY-----\n/);
    expect(createPrivateKey({ key: pem, passphrase: 'open sesame' }).export({ type: 'pkcs8', format: 'pem' })).toBe(issued.key);
    // Now and then the wrong key leaves a padding that looks right, and what is inside is no key.
    expect(() => createPrivateKey({ key: pem, passphrase: 'shut' })).toThrow(expect.objectContaining({ code: expect.stringMatching(/^ERR_OSSL_(?:BAD_DECRYPT|UNSUPPORTED)$/) as unknown }));
    expect(() => issued.encryptedKey('')).toThrow(fault('ERR_SOCK_DEV_CERTS_OPTION', 'passphrase', 'is empty'));
  });
});

describe('createSelfSigned', () => {
  it('makes a leaf that is its own issuer and may not issue others', () => {
    const issued = createSelfSigned({ names: ['localhost'] });
    const leaf = new X509Certificate(issued.cert);
    expect(leaf.ca).toBe(false);
    expect(leaf.issuer).toBe('CN=localhost');
    expect(leaf.verify(leaf.publicKey)).toBe(true);
    expect([issued.ca, issued.chain]).toEqual([issued.cert, issued.cert]);
  });

  it('has no issuer to outlive', () => {
    const allow = ['outlive-issuer'] as unknown as 'no-names'[];
    expect(() => createSelfSigned({ names: ['localhost'], allow })).toThrow(fault('ERR_SOCK_DEV_CERTS_OPTION', 'allow', 'no-names'));
  });
});

describe('options', () => {
  const authority = createAuthority();

  it.each([
    ['an option that does not exist', { name: ['localhost'] }, 'name', 'is no option here; there are names, ips'],
    ['a kind of key that does not exist', { keyType: 'dsa' }, 'keyType', 'is "dsa"; allowed are ec, ec-p384, rsa, rsa-3072, rsa-4096'],
    ['a usage that does not exist', { usage: 'peer' }, 'usage', 'is "peer"; allowed are server, client, both'],
    ['a rule that does not exist', { allow: ['anything'] }, 'allow', 'is "anything"; allowed are no-names, outlive-issuer'],
    ['names that are no array', { names: 'localhost' }, 'names', 'is "localhost"; allowed is an array of strings'],
    ['addresses that are no text', { ips: [1] }, 'ips', 'allowed is an array of strings'],
    ['must-staple that is neither true nor false', { mustStaple: 'yes' }, 'mustStaple', 'is "yes"; allowed are true and false'],
    ['a key that is no key', { key: 'secret' }, 'key', 'is no private key'],
    ['a key of its own beside a kind of key', { key: authority.key, keyType: 'ec' }, 'keyType', 'stands beside `key`'],
  ])('refuse %s', (_, options, option, reason) => {
    const given = { names: ['localhost'], ...options } as Parameters<typeof authority.issue>[0];
    expect(() => authority.issue(given)).toThrow(fault('ERR_SOCK_DEV_CERTS_OPTION', option, reason));
  });

  it('refuse a key of a kind that certificates here do not have', () => {
    const key = generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
    const call = (): unknown => authority.issue({ names: ['localhost'], key });
    expect(call).toThrow(fault('ERR_SOCK_DEV_CERTS_OPTION', 'key', 'is ed25519; allowed are RSA 2048'));
  });

  it('refuse what is no object', () => {
    const nothing = null as unknown as object;
    expect(() => createAuthority(nothing)).toThrow(fault('ERR_SOCK_DEV_CERTS_OPTION', 'options', 'allowed is an object'));
  });

  it('refuse a server certificate without names, unless that is what the test wants', () => {
    expect(() => authority.issue({})).toThrow(fault('ERR_SOCK_DEV_CERTS_NAME', 'names', "usage is 'server'"));
    expect(() => authority.issue({ usage: 'both', commonName: 'localhost' })).toThrow(fault('ERR_SOCK_DEV_CERTS_NAME', 'names', 'are empty'));
    const leaf = new X509Certificate(authority.issue({ commonName: 'localhost', allow: ['no-names'] }).cert);
    expect([leaf.subject, leaf.subjectAltName]).toEqual(['CN=localhost', undefined]);
  });

  it.each([
    ['empty', ''],
    ['65 characters long', 'a'.repeat(65)],
    ['more than one line', 'a\nb'],
  ])('refuse a common name that is %s', (_, name) => {
    expect(() => authority.issue({ names: ['localhost'], commonName: name })).toThrow(fault('ERR_SOCK_DEV_CERTS_NAME', 'commonName', '1 to 64'));
    expect(() => createAuthority({ name })).toThrow(fault('ERR_SOCK_DEV_CERTS_NAME', 'name', '1 to 64'));
  });
});

describe('pathLength', () => {
  it('goes down by one with each authority, until only leaves may follow', () => {
    const lowest = createAuthority({ pathLength: 1 }).issueIntermediate();
    const refusal = fault('ERR_SOCK_DEV_CERTS_PATH_LENGTH', 'pathLength', 'path length 0');
    expect(() => lowest.issueIntermediate()).toThrow(refusal);
    expect(lowest.issue({ names: ['localhost'] }).chain.match(/BEGIN/g)).toHaveLength(2);
    expect(lowest.issueIntermediate({ allow: ['exceed-path-length'] }).chain.match(/BEGIN/g)).toHaveLength(2);
  });

  it('cannot be more than the issuer leaves', () => {
    const root = createAuthority({ pathLength: 2 });
    const refusal = fault('ERR_SOCK_DEV_CERTS_PATH_LENGTH', 'pathLength', "is 2, the issuer's is 2; at most 1");
    expect(() => root.issueIntermediate({ pathLength: 2 })).toThrow(refusal);
    expect(() => root.issueIntermediate({ pathLength: 0 }).issueIntermediate()).toThrow(DevCertsError);
  });

  it.each([-1, 0.5, 256, Number.NaN])('is never %d', (pathLength) => {
    expect(() => createAuthority({ pathLength })).toThrow(fault('ERR_SOCK_DEV_CERTS_OPTION', 'pathLength', 'from 0 to 255'));
  });
});

function details(key: string): string | number | undefined {
  const { namedCurve, modulusLength } = createPrivateKey(key).asymmetricKeyDetails ?? {};
  return namedCurve ?? modulusLength;
}

function fault(code: string, option: string, reason: string): unknown {
  return expect.objectContaining({ name: 'DevCertsError', code, option, message: expect.stringContaining(reason) });
}
