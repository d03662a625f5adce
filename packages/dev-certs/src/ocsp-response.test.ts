import { X509Certificate } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { createAuthority, type OcspResponseOptions } from './index.ts';

const names = ['localhost'];
const fixed = { thisUpdate: new Date('2024-01-01T00:00:00Z'), nextUpdate: null } as const;

describe('ocspResponse', () => {
  it('says only the status when there is no answer', () => {
    const made = (['malformedRequest', 'internalError', 'tryLater', 'sigRequired', 'unauthorized'] as const).map((responseStatus) =>
      createAuthority().ocspResponse({ responseStatus }).toString('hex'),
    );
    expect(made).toEqual(['30030a0101', '30030a0102', '30030a0103', '30030a0105', '30030a0106']);
  });

  it('names a certificate by itself, by its PEM, by what Node.js read, and by its serial number alike', () => {
    const authority = createAuthority({ keyType: 'rsa' });
    const issued = authority.issue({ names });
    const expected = authority.ocspResponse({ ...fixed, certificate: issued });
    expect(authority.ocspResponse({ ...fixed, certificate: issued.cert })).toEqual(expected);
    expect(authority.ocspResponse({ ...fixed, certificate: new X509Certificate(issued.cert) })).toEqual(expected);
    expect(authority.ocspResponse({ ...fixed, certificate: { serialNumber: issued.serialNumber } })).toEqual(expected);
    const { serialNumber } = issued;
    expect(authority.ocspResponse({ ...fixed, certificate: authority.issue({ names }), serialNumber })).toEqual(expected);
    expect(authority.ocspResponse({ ...fixed, certificate: authority.issue({ names }) })).not.toEqual(expected);
  });

  it('takes another issuer as object or PEM, and this authority when none is named', () => {
    const authority = createAuthority({ keyType: 'rsa' });
    const other = createAuthority({ name: 'Another' });
    const certificate = authority.issue({ names });
    const make = (options: Partial<OcspResponseOptions>): Buffer => authority.ocspResponse({ ...fixed, certificate, ...options });
    expect(make({ issuer: other.certificate })).toEqual(make({ issuer: other.certificate.pem }));
    expect(make({ issuer: authority.certificate })).toEqual(make({}));
    expect(make({ issuer: other.certificate })).not.toEqual(make({}));
  });

  it('puts the certificate of a delegated responder in as it is, byte for byte', () => {
    const authority = createAuthority({ keyType: 'rsa' }).issueIntermediate();
    const responder = authority.issue({ usage: 'ocsp', keyType: 'rsa', names: ['ocsp.example.test'], mustStaple: true, crlUrls: ['http://127.0.0.1/a'] });
    const certificate = authority.issue({ names });
    expect(authority.ocspResponse({ certificate, responder }).includes(responder.der)).toBe(true);
    expect(authority.ocspResponse({ certificate, responder, includeCertificates: false }).includes(responder.der)).toBe(false);
    expect(authority.ocspResponse({ certificate }).includes(authority.certificate.der)).toBe(false);
    expect(authority.ocspResponse({ certificate, includeCertificates: true }).includes(authority.certificate.der)).toBe(true);
  });

  it.each<[string, unknown, string, string]>([
    ['what is no object', undefined, 'options', 'is [object Undefined]; allowed is an object'],
    ['an unknown option', { stauts: 'good' }, 'stauts', 'is no option here; there are certificate, status'],
    ['an unknown option of another', { others: [{ nonce: 1 }] }, 'others[0].nonce', 'is no option here'],
    ['a response without a certificate', { certificate: undefined }, 'certificate', 'is [object Undefined]; allowed is what an authority issued'],
    ['an unknown status', { status: 'fine' }, 'status', 'is "fine"; allowed are good, revoked, unknown'],
    ['an unknown status of another', { others: [{ certificate: { serialNumber: '1' }, status: 'fine' }] }, 'others[0].status', 'is "fine"'],
    ['others that are no list', { others: 1 }, 'others', 'is 1; allowed is an array of objects'],
    ['a reason for a good one', { reason: 'superseded' }, 'reason', "stands beside status 'good'; it goes with 'revoked' only"],
    ['a moment for an unknown one', { status: 'unknown', revokedAt: new Date() }, 'revokedAt', "stands beside status 'unknown'"],
    ['an unknown reason', { status: 'revoked', reason: 'lost' }, 'reason', 'is "lost"; allowed are unspecified'],
    ['an unknown hash', { hash: 'md5' }, 'hash', 'is "md5"; allowed are sha1, sha256'],
    ['an unknown name of the responder', { responderId: 'both' }, 'responderId', 'is "both"; allowed are name, key'],
    ['a responder without a certificate', { responder: {} }, 'responder', 'is [object Object]; allowed is what an authority issued'],
    ['an issuer that is none', { issuer: 'pem' }, 'issuer', 'is text that holds no certificate'],
    ['a nonce that is text', { nonce: 'abc' }, 'nonce', 'is "abc"; allowed is a Uint8Array'],
    ['a flag that is text', { corruptSignature: 'yes' }, 'corruptSignature', 'is "yes"; allowed are true and false'],
    ['an extension nowhere', { unknownCriticalExtension: 'each' }, 'unknownCriticalExtension', 'is "each"; allowed are true and false'],
    ['a signer without a key', { signer: { key: 'pem' } }, 'signer.key', 'is no private key'],
    ['a date beside validity', { validity: 'expired', thisUpdate: new Date() }, 'thisUpdate', 'stands beside `validity`'],
    ['an answer beside an error', { responseStatus: 'tryLater' }, 'certificate', 'is no option here; there are responseStatus'],
  ])('refuses %s', (_what, options, option, reason) => {
    const all = options === undefined ? undefined : { certificate: { serialNumber: '0A' }, ...(options as object) };
    expect(() => createAuthority().ocspResponse(all as OcspResponseOptions)).toThrow(
      expect.objectContaining({ code: 'ERR_SOCK_DEV_CERTS_OPTION', option, message: expect.stringContaining(reason) as string }),
    );
  });

  it('refuses an unknown response status, and a moment that is none', () => {
    const authority = createAuthority();
    const status = { option: 'responseStatus', message: expect.stringContaining('allowed are malformedRequest') as string };
    expect(() => authority.ocspResponse({ responseStatus: 'busy' as 'tryLater' })).toThrow(expect.objectContaining(status));
    const fault = { code: 'ERR_SOCK_DEV_CERTS_VALIDITY', option: 'producedAt', message: expect.stringContaining('allowed is a Date') as string };
    const producedAt = new Date(Number.NaN);
    expect(() => authority.ocspResponse({ certificate: { serialNumber: '1' }, producedAt })).toThrow(expect.objectContaining(fault));
  });
});

describe("issue({ usage: 'ocsp' })", () => {
  it('needs no name', () => {
    expect(new X509Certificate(createAuthority().issue({ usage: 'ocsp' }).der).subject).toBe('CN=Sock development OCSP responder');
    expect(new X509Certificate(createAuthority().issue({ usage: 'ocsp', commonName: 'Answers' }).der).subject).toBe('CN=Answers');
  });

  it('is a certificate for OCSP answers and nothing else', () => {
    expect(new X509Certificate(createAuthority().issue({ usage: 'ocsp' }).der).keyUsage).toEqual(['1.3.6.1.5.5.7.3.9']);
  });
});
