import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createAuthority, type Authority, type Crl, type IssuedCertificate, type KeyType } from './index.ts';
import { putInto, runOpenssl } from './openssl-program.test-d.ts';

let dir: string;

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'sock-dev-certs-'));
});
afterAll(async () => {
  await rm(dir, { recursive: true });
});

const OK = 'OK';
const names = ['localhost'];

describe('openssl crl', () => {
  it.each<KeyType>(['ec', 'ec-p384', 'rsa'])('accepts the signature of a list of an %s authority', async (keyType) => {
    const authority = createAuthority({ keyType });
    expect(await signature(authority.crl({ revoked: [{ serialNumber: 'FF' }] }), authority)).toBe('verify OK');
  });

  it('refuses a list that another key signed, or whose signature is spoilt', async () => {
    const authority = createAuthority();
    expect(await signature(authority.crl({ signer: createAuthority() }), authority)).toBe('verify failure');
    expect(await signature(authority.crl({ signer: createAuthority({ keyType: 'rsa' }) }), authority)).toContain('wrong public key type');
    expect(await signature(authority.crl({ corruptSignature: true }), authority)).toBe('verify failure');
    expect(await signature(authority.crl({ signer: authority }), authority)).toBe('verify OK');
  });

  it('shows an empty list: issuer, period, key identifier and number', async () => {
    const authority = createAuthority({ name: 'Lister' });
    const shown = await text(authority.crl({ thisUpdate: new Date('2049-12-31T23:59:59.9Z') }));
    expect(shown).toContain('Version 2 (0x1) Signature Algorithm: ecdsa-with-SHA256 Issuer: CN = Lister');
    expect(shown).toContain('Last Update: Dec 31 23:59:59 2049 GMT Next Update: Jan 7 23:59:59 2050 GMT');
    expect(shown).toContain('CRL Number: 1 No Revoked Certificates');
    const [, keyId] = /Subject Key Identifier: ([0-9A-F:]{59})/.exec(await show('x509', authority.ca)) ?? [];
    expect(shown).toContain(`Authority Key Identifier: ${keyId}`);
  });

  it('shows what is revoked, when, and why', async () => {
    const at = new Date('2024-02-29T12:00:00Z');
    const reasons = [
      ['unspecified', 'Unspecified'],
      ['keyCompromise', 'Key Compromise'],
      ['cACompromise', 'CA Compromise'],
      ['affiliationChanged', 'Affiliation Changed'],
      ['superseded', 'Superseded'],
      ['cessationOfOperation', 'Cessation Of Operation'],
      ['certificateHold', 'Certificate Hold'],
      ['removeFromCRL', 'Remove From CRL'],
      ['privilegeWithdrawn', 'Privilege Withdrawn'],
      ['aACompromise', 'AA Compromise'],
    ] as const;
    const revoked = reasons.map(([reason], index) => ({ serialNumber: `9${index}`, at, reason }));
    const shown = await text(createAuthority().crl({ revoked: [{ serialNumber: 'A0B1', at }, ...revoked] }));
    expect(shown).toContain('Revoked Certificates: Serial Number: A0B1 Revocation Date: Feb 29 12:00:00 2024 GMT Serial Number: 90 ');
    for (const [index, [, said]] of reasons.entries()) {
      const entry = `Serial Number: 9${index} Revocation Date: Feb 29 12:00:00 2024 GMT CRL entry extensions: X509v3 CRL Reason Code: ${said} `;
      expect(shown).toContain(entry);
    }
  });

  it('shows the extensions of lists that are not complete', async () => {
    const authority = createAuthority();
    const delta = await text(authority.crl({ number: 2 ** 40, delta: 200 }));
    expect(delta).toMatch(/CRL Number: (1099511627776|0x010000000000) X509v3 Delta CRL Indicator: critical (200|0xC8) /);
    const point = 'Issuing Distribution Point: critical';
    expect(await text(authority.crl({ indirect: true }))).toContain(`${point} Indirect CRL`);
    expect(await text(authority.crl({ onlyUserCerts: true }))).toContain(`${point} Only User Certificates`);
    expect(await text(authority.crl({ onlyCaCerts: true }))).toContain(`${point} Only CA Certificates`);
    const reasons = await text(authority.crl({ onlySomeReasons: ['aACompromise', 'keyCompromise'] }));
    expect(reasons).toContain(`${point} Only Some Reasons: Key Compromise, AA Compromise`);
    const url = await text(authority.crl({ distributionPoint: 'http://127.0.0.1/a.crl' }));
    expect(url).toContain(`${point} Full Name: URI:http://127.0.0.1/a.crl`);
    const indirect = await text(authority.crl({ indirect: true, revoked: [{ serialNumber: 'A0', certificateIssuer: 'Another' }] }));
    expect(indirect).toMatch(/X509v3 Certificate Issuer: critical DirName:\/?CN ?= ?Another /);
    expect(await text(authority.crl({ unknownCriticalExtension: true }))).toContain('1.3.6.1.4.1.32473.1: critical');
  });

  it('shows what was left out or changed', async () => {
    const bare = { authorityKeyIdentifier: false, number: null, nextUpdate: null, issuerName: 'Another' };
    const shown = await text(createAuthority().crl(bare));
    expect(shown).toContain('Issuer: CN = Another');
    expect(shown).toContain('Next Update: NONE');
    expect(shown).not.toContain('CRL extensions');
  });
});

describe('openssl verify -crl_check accepts', () => {
  it.each<KeyType>(['ec', 'rsa'])('a leaf that is not on the list of an %s authority', async (keyType) => {
    const authority = createAuthority({ keyType });
    expect(await verify(authority.issue({ names }), authority.crl())).toBe(OK);
    expect(await verify(authority.issue({ names }), authority.crl({ revoked: [{ certificate: authority.issue({ names }) }] }))).toBe(OK);
  });

  it('a leaf beneath an intermediate, with a list of each authority', async () => {
    const root = createAuthority();
    const intermediate = root.issueIntermediate();
    const issued = intermediate.issue({ names });
    expect(await verify(issued, [intermediate.crl(), root.crl()], '-crl_check_all')).toBe(OK);
  });

  it('a list without an end', async () => {
    const authority = createAuthority();
    expect(await verify(authority.issue({ names }), authority.crl({ nextUpdate: null }))).toBe(OK);
  });
});

describe('openssl verify -crl_check refuses', () => {
  it.each<KeyType>(['ec', 'rsa'])('a leaf on the list of an %s authority', async (keyType) => {
    const authority = createAuthority({ keyType });
    const issued = authority.issue({ names });
    const revoked = [{ serialNumber: '01' }, { certificate: issued, reason: 'keyCompromise' as const }];
    expect(await verify(issued, authority.crl({ revoked }))).toBe('error 23 at 0: certificate revoked');
  });

  it('an intermediate on the list of the root', async () => {
    const root = createAuthority();
    const intermediate = root.issueIntermediate();
    const lists = [intermediate.crl(), root.crl({ revoked: [{ certificate: intermediate.certificate }] })];
    expect(await verify(intermediate.issue({ names }), lists, '-crl_check_all')).toBe('error 23 at 1: certificate revoked');
  });

  it('a list that has ended, or whose time has not come', async () => {
    const authority = createAuthority();
    const issued = authority.issue({ names });
    expect(await verify(issued, authority.crl({ validity: 'expired' }))).toBe('error 12 at 0: CRL has expired');
    expect(await verify(issued, authority.crl({ nextUpdate: new Date(Date.now() - 2000) }))).toBe('error 12 at 0: CRL has expired');
    expect(await verify(issued, authority.crl({ validity: 'not-yet-valid' }))).toBe('error 11 at 0: CRL is not yet valid');
  });

  it('a forged list', async () => {
    const authority = createAuthority();
    const issued = authority.issue({ names });
    expect(await verify(issued, authority.crl({ signer: createAuthority() }))).toBe('error 8 at 0: CRL signature failure');
    expect(await verify(issued, authority.crl({ corruptSignature: true }))).toBe('error 8 at 0: CRL signature failure');
  });

  it('a list of somebody else, when there is no other', async () => {
    const authority = createAuthority();
    const issued = authority.issue({ names });
    const none = 'error 3 at 0: unable to get certificate CRL';
    expect(await verify(issued, authority.crl({ issuerName: 'Another' }))).toBe(none);
    expect(await verify(issued, createAuthority({ name: 'Another' }).crl())).toBe(none);
  });

  it('lists with a scope or an extension that it does not take', async () => {
    const authority = createAuthority();
    const issued = authority.issue({ names });
    expect(await verify(issued, authority.crl({ unknownCriticalExtension: true }))).toBe('error 36 at 0: unhandled critical CRL extension');
    expect(await verify(issued, authority.crl({ onlyCaCerts: true }))).toBe('error 44 at 0: different CRL scope');
    expect(await verify(issued, authority.crl({ onlyUserCerts: true }))).toBe(OK);
  });
});

async function signature(crl: Crl, authority: Authority): Promise<string> {
  const [list, ca] = await Promise.all([put('list.der', crl.der), put('ca.pem', authority.certificate.pem)]);
  return (await openssl('crl', '-inform', 'DER', '-in', list, '-noout', '-CAfile', ca)).trim();
}

/** `OK`, or the first error with its depth. Nothing but the root of `issued` is trusted. */
async function verify({ cert, chain, ca }: IssuedCertificate, lists: Crl | readonly Crl[], check = '-crl_check'): Promise<string> {
  const crls = [lists].flat().map(({ pem }) => pem);
  const [leaf, untrusted, root, crl] = await Promise.all(
    [cert, chain, ca, crls.join('')].map((content, index) => put(`${index}.pem`, content)) as [Promise<string>, Promise<string>, Promise<string>, Promise<string>],
  );
  const output = await openssl('verify', check, '-CRLfile', crl, '-no-CApath', '-no-CAstore', '-CAfile', root, '-untrusted', untrusted, leaf);
  const [, code, depth, reason] = /error (\d+) at (\d+) depth lookup: (.*)/.exec(output) ?? [];
  return code === undefined ? output.trim().replace(`${leaf}: `, '') : `error ${code} at ${depth}: ${reason}`;
}

async function text(crl: Crl): Promise<string> {
  return show('crl', crl.pem);
}

/** What `-text` shows, with all white space made one blank. */
async function show(command: 'crl' | 'x509', pem: string): Promise<string> {
  return (await openssl(command, '-noout', '-text', '-in', await put('text.pem', pem))).replace(/\s+/g, ' ');
}

function put(name: string, content: string | Buffer): Promise<string> {
  return putInto(dir, name, content);
}

async function openssl(...args: string[]): Promise<string> {
  const { stdout, stderr } = await runOpenssl(args);
  return stdout + stderr;
}
