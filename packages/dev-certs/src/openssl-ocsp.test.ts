import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createAuthority, type Authority, type IssuedCertificate, type KeyType, type OcspResponseOptions } from './index.ts';
import { putInto, runOpenssl } from './openssl-program.test-d.ts';

let dir: string;

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'sock-dev-certs-'));
});
afterAll(async () => {
  await rm(dir, { recursive: true });
});

const names = ['localhost'];
const GOOD = 'Response verify OK, leaf: good';

describe('openssl ocsp accepts', () => {
  it.each<KeyType>(['ec', 'ec-p384', 'rsa'])('an answer that an %s authority signed itself', async (keyType) => {
    const authority = createAuthority({ keyType });
    expect(await ask(authority, {})).toContain(GOOD);
    expect(await ask(authority, { responderId: 'key' })).toContain(GOOD);
    expect(await ask(authority, { includeCertificates: true })).toContain(GOOD);
  });

  it.each<KeyType>(['ec', 'rsa'])('an answer of a delegated responder with an %s key', async (keyType) => {
    const authority = createAuthority();
    const responder = authority.issue({ usage: 'ocsp', keyType });
    expect(await ask(authority, { responder })).toContain(GOOD);
    expect(await ask(authority, { responder, responderId: 'key' })).toContain(GOOD);
  });

  it('an answer of an intermediate about its leaf', async () => {
    const intermediate = createAuthority().issueIntermediate();
    expect(await ask(intermediate, {})).toContain(GOOD);
    expect(await ask(intermediate, { responder: intermediate.issue({ usage: 'ocsp' }) })).toContain(GOOD);
  });

  it('a SHA-256 CertID when it asks with one', async () => {
    const authority = createAuthority();
    expect(await ask(authority, { hash: 'sha256' }, '-sha256')).toContain(GOOD);
    expect(await ask(authority, { hash: 'sha256' })).toContain('No Status found');
    expect(await ask(authority, {}, '-sha256')).toContain('No Status found');
  });

  it('the nonce that it asked with', async () => {
    const authority = createAuthority();
    const { request, leaf, nonce } = await requestWithNonce(authority);
    const answer = async (options: Partial<OcspResponseOptions>): Promise<string> =>
      run(authority, leaf, authority.ocspResponse({ certificate: leaf, ...options }), ['-reqin', request]);
    expect(await answer({ nonce })).toContain('Response verify OK');
    expect(await answer({ nonce: Buffer.alloc(16) })).toContain('Nonce Verify error');
    expect(await answer({})).toContain('WARNING: no nonce in response');
  });
});

describe('openssl ocsp reads', () => {
  it('that a certificate is revoked, when and why', async () => {
    const authority = createAuthority();
    const revokedAt = new Date('2024-02-29T12:00:00Z');
    const shown = await ask(authority, { status: 'revoked', revokedAt, reason: 'keyCompromise' });
    expect(shown).toContain('Response verify OK, leaf: revoked');
    expect(shown).toContain('Reason: keyCompromise, Revocation Time: Feb 29 12:00:00 2024 GMT');
    const bare = await ask(authority, { status: 'revoked', responder: authority.issue({ usage: 'ocsp' }) });
    expect(bare).toContain('Response verify OK, leaf: revoked');
    expect(bare).not.toContain('Reason');
  });

  it('that the responder does not know the certificate', async () => {
    expect(await ask(createAuthority(), { status: 'unknown' })).toContain('Response verify OK, leaf: unknown');
  });

  it('the dates', async () => {
    const dates = { thisUpdate: new Date(Date.now() - 3_600_000), nextUpdate: new Date('2060-01-01T00:00:00Z') };
    const shown = await ask(createAuthority(), { ...dates, producedAt: new Date('2024-01-01T00:00:00Z') }, '-resp_text');
    expect(shown).toContain('Next Update: Jan 1 00:00:00 2060 GMT');
    expect(shown).toContain('Produced At: Jan 1 00:00:00 2024 GMT');
    expect(shown).not.toContain('Status times invalid');
    expect(await ask(createAuthority(), { nextUpdate: null })).not.toContain('Next Update');
  });

  it('what is said of several certificates in one response', async () => {
    const authority = createAuthority();
    const [one, two] = [authority.issue({ names }), authority.issue({ names })];
    const der = authority.ocspResponse({ certificate: one, others: [{ certificate: two, status: 'revoked', reason: 'superseded' }] });
    expect(await run(authority, one, der)).toContain(GOOD);
    expect(await run(authority, two, der)).toContain('leaf: revoked');
    expect(await run(authority, authority.issue({ names }), der)).toContain('No Status found');
  });

  it('critical extensions that nobody knows, of the response and of what is said of a certificate', async () => {
    const unknown = '1.3.6.1.4.1.32473.1: critical';
    const whole = await ask(createAuthority(), { unknownCriticalExtension: true }, '-resp_text');
    expect(whole).toContain(`Response Extensions: ${unknown}`);
    const single = await ask(createAuthority(), { unknownCriticalExtension: 'single' }, '-resp_text');
    expect(single).toContain(`Response Single Extensions: ${unknown}`);
    expect(await ask(createAuthority(), {}, '-resp_text')).not.toContain(unknown);
  });

  it.each([
    ['malformedRequest', 'malformedrequest (1)'],
    ['internalError', 'internalerror (2)'],
    ['tryLater', 'trylater (3)'],
    ['sigRequired', 'sigrequired (5)'],
    ['unauthorized', 'unauthorized (6)'],
  ] as const)('that there is no answer: %s', async (responseStatus, shown) => {
    const authority = createAuthority();
    const output = await run(authority, authority.issue({ names }), authority.ocspResponse({ responseStatus }));
    expect(output).toBe(`Responder Error: ${shown}`);
  });
});

describe('openssl ocsp refuses', () => {
  it('a forged signature', async () => {
    const authority = createAuthority();
    const forged = /Response Verify Failure.*(bad signature|signature failure)/;
    expect(await ask(authority, { corruptSignature: true })).toMatch(forged);
    expect(await ask(authority, { signer: createAuthority() })).toMatch(forged);
    expect(await ask(authority, { responder: authority.issue({ usage: 'ocsp' }), corruptSignature: true })).toMatch(forged);
    expect(await ask(createAuthority({ keyType: 'rsa' }), { corruptSignature: true })).toMatch(forged);
    expect(await ask(authority, { signer: authority })).toContain(GOOD);
  });

  it('a delegated responder without the extended key usage, and one of another authority', async () => {
    const authority = createAuthority();
    const server = authority.issue({ names });
    expect(await ask(authority, { responder: server })).toMatch(/Response Verify Failure.*missing ocspsigning usage/);
    const stranger = createAuthority({ name: 'Another' }).issue({ usage: 'ocsp' });
    expect(await ask(authority, { responder: stranger })).toMatch(/Response Verify Failure.*unable to get local issuer certificate/);
  });

  it('a responder whose certificate has expired', async () => {
    const authority = createAuthority();
    const responder = authority.issue({ usage: 'ocsp', validity: 'expired' });
    expect(await ask(authority, { responder })).toMatch(/Response Verify Failure.*certificate has expired/);
  });

  it('a delegated responder whose certificate is left out', async () => {
    const authority = createAuthority();
    const responder = authority.issue({ usage: 'ocsp' });
    expect(await ask(authority, { responder, includeCertificates: false })).toContain('signer certificate not found');
  });

  it('an answer about another certificate, or about one of another issuer', async () => {
    const authority = createAuthority();
    expect(await ask(authority, { serialNumber: authority.issue({ names }).serialNumber })).toContain('No Status found');
    expect(await ask(authority, { issuer: createAuthority().certificate })).toContain('No Status found');
  });

  it('an answer that has ended, or whose time has not come', async () => {
    const authority = createAuthority();
    expect(await ask(authority, { validity: 'expired' })).toMatch(/Status times invalid.*status expired/);
    expect(await ask(authority, { nextUpdate: new Date(Date.now() - 3_600_000) })).toMatch(/Status times invalid.*status expired/);
    expect(await ask(authority, { validity: 'not-yet-valid' })).toMatch(/Status times invalid.*status not yet valid/);
  });
});

describe('openssl x509 -text', () => {
  it('shows a responder with OCSPSigning and no-check, and leaves no-check out when asked', async () => {
    const authority = createAuthority();
    const text = async (issued: IssuedCertificate): Promise<string> =>
      (await openssl('x509', '-noout', '-text', '-in', await put('text.pem', issued.cert))).replace(/\s+/g, ' ');
    const usage = 'X509v3 Extended Key Usage: OCSP Signing';
    const responder = await text(authority.issue({ usage: 'ocsp' }));
    expect(responder).toContain(usage);
    expect(responder).toContain('OCSP No Check:');
    const checked = await text(authority.issue({ usage: 'ocsp', ocspNoCheck: false }));
    expect(checked).toContain(usage);
    expect(checked).not.toContain('OCSP No Check');
    expect(await text(authority.issue({ names }))).not.toContain('OCSP');
  });
});

/** What openssl says of a response about a new leaf, with all white space made one blank. */
async function ask(authority: Authority, options: Partial<OcspResponseOptions>, ...args: string[]): Promise<string> {
  const leaf = authority.issue({ names });
  return run(authority, leaf, authority.ocspResponse({ certificate: leaf, ...options }), args);
}

/** The same for a response that is there. Nothing but the root is trusted. `-sha256` counts for the certificates behind it. */
async function run(authority: Authority, leaf: IssuedCertificate, response: Buffer, args: readonly string[] = []): Promise<string> {
  const [respin, issuer, cert, root] = await Promise.all([
    put('response.der', response),
    put('issuer.pem', authority.certificate.pem),
    put('leaf.pem', leaf.cert),
    put('root.pem', authority.ca),
  ]);
  const asked = args.includes('-reqin') ? [] : ['-issuer', issuer, '-cert', cert];
  const output = await openssl('ocsp', '-respin', respin, ...args, ...asked, '-no-CApath', '-no-CAstore', '-CAfile', root, '-verify_other', issuer);
  return output.replaceAll(cert, 'leaf').replace(/\s+/g, ' ').replace('Response verify OK leaf:', 'Response verify OK, leaf:').replace(/(Reason: \w+) Rev/, '$1, Rev').trim();
}

async function requestWithNonce(authority: Authority): Promise<{ request: string; leaf: IssuedCertificate; nonce: Buffer }> {
  const leaf = authority.issue({ names });
  const [issuer, cert, request] = await Promise.all([put('issuer.pem', authority.certificate.pem), put('leaf.pem', leaf.cert), put('request.der', '')]);
  const shown = await openssl('ocsp', '-issuer', issuer, '-cert', cert, '-nonce', '-reqout', request, '-req_text');
  const [, tag, hex = ''] = /OCSP Nonce:\s+(0410)([0-9A-F]{32})/.exec(shown) ?? [];
  expect(tag).toBe('0410');
  return { request, leaf, nonce: Buffer.from(hex, 'hex') };
}

function put(name: string, content: string | Buffer): Promise<string> {
  return putInto(dir, name, content);
}

async function openssl(...args: string[]): Promise<string> {
  const { stdout, stderr } = await runOpenssl(args);
  return stderr + stdout;
}
