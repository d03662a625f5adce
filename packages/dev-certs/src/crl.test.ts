import { X509Certificate } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { createAuthority, DevCertsError, type CrlOptions } from './index.ts';

const DAY_MS = 86_400_000;
const names = ['localhost'];

describe('crl', () => {
  it('gives the same list as PEM and as DER, numbered on', () => {
    const authority = createAuthority();
    const [one, two] = [authority.crl(), authority.crl()];
    expect([one.number, two.number]).toEqual([1, 2]);
    expect(one.pem).toMatch(/^-----BEGIN X509 CRL-----\n[^]*\n-----END X509 CRL-----\n$/);
    expect(Buffer.from(one.pem.replace(/-.*-/g, ''), 'base64')).toEqual(one.der);
    expect(createAuthority().crl().number).toBe(1);
  });

  it('does not count a list that was refused', () => {
    const authority = createAuthority();
    expect(() => authority.crl({ delta: -1 })).toThrow(DevCertsError);
    expect(authority.crl().number).toBe(1);
  });

  it('holds for 7 days from now, in whole seconds', () => {
    const before = Math.floor(Date.now() / 1000) * 1000;
    const { thisUpdate, nextUpdate } = createAuthority().crl();
    expect(thisUpdate.getTime()).toBeGreaterThanOrEqual(before);
    expect(thisUpdate.getTime()).toBeLessThanOrEqual(Date.now());
    expect(nextUpdate).toEqual(new Date(thisUpdate.getTime() + 7 * DAY_MS));
  });

  it('begins 7 days before an end that has passed', () => {
    const nextUpdate = new Date('2020-01-08T00:00:00Z');
    expect(createAuthority().crl({ nextUpdate })).toMatchObject({ nextUpdate, thisUpdate: new Date('2020-01-01T00:00:00Z') });
  });

  it('takes the dates and the number as they are given', () => {
    const thisUpdate = new Date('2060-01-08T00:00:00Z');
    expect(createAuthority().crl({ thisUpdate, nextUpdate: null, number: null })).toMatchObject({ thisUpdate, nextUpdate: null, number: null });
  });

  it('has ended yesterday, or begins tomorrow, when asked', () => {
    const authority = createAuthority();
    const ended = authority.crl({ validity: 'expired' }).nextUpdate?.getTime() ?? Number.NaN;
    expect(Math.abs(ended + DAY_MS - Date.now())).toBeLessThan(60_000);
    expect(Math.abs(authority.crl({ validity: 'not-yet-valid' }).thisUpdate.getTime() - DAY_MS - Date.now())).toBeLessThan(60_000);
  });

  it('names a certificate by itself, by its PEM, by what Node.js read, and by its serial number alike', () => {
    const authority = createAuthority({ keyType: 'rsa' });
    const issued = authority.issue({ names });
    const at = new Date('2024-01-01T00:00:00Z');
    const list = (entry: NonNullable<CrlOptions['revoked']>[number]): Buffer =>
      authority.crl({ number: 1, thisUpdate: at, revoked: [{ ...entry, at }] }).der;
    const expected = list({ serialNumber: issued.serialNumber });
    expect(list({ certificate: issued })).toEqual(expected);
    expect(list({ certificate: issued.cert })).toEqual(expected);
    expect(list({ certificate: new X509Certificate(issued.cert) })).toEqual(expected);
    expect(list({ serialNumber: `0${issued.serialNumber.toLowerCase()}` })).toEqual(expected);
    expect(list({ certificate: authority.issue({ names }) })).not.toEqual(expected);
  });

  it.each<[string, unknown, string, string]>([
    ['an unknown option', { revokd: [] }, 'revokd', 'is no option here; there are thisUpdate, nextUpdate'],
    ['revoked that is no list', { revoked: 'AB' }, 'revoked', 'is "AB"; allowed is an array of objects'],
    ['an unknown option of an entry', { revoked: [{ serialNumber: 'AB', when: 1 }] }, 'revoked[0].when', 'is no option here'],
    ['an entry without a certificate', { revoked: [{}] }, 'revoked[0]', 'names one certificate by `certificate` or `serialNumber`'],
    ['an entry with two', { revoked: [{ certificate: { serialNumber: 'AB' }, serialNumber: 'AB' }] }, 'revoked[0]', 'give one of them'],
    ['a serial number that is none', { revoked: [{ serialNumber: 'xyz' }] }, 'revoked[0].serialNumber', 'is "xyz"; allowed is a positive number'],
    ['a certificate without one', { revoked: [{ certificate: {} }] }, 'revoked[0].certificate.serialNumber', 'is [object Undefined]'],
    ['a certificate that is none', { revoked: [{ certificate: 'pem' }] }, 'revoked[0].certificate', 'is text that holds no certificate'],
    ['a number for a certificate', { revoked: [{ certificate: 7 }] }, 'revoked[0].certificate', 'is 7; allowed is what an authority issued'],
    ['an unknown reason', { revoked: [{ serialNumber: 'AB', reason: 'lost' }] }, 'revoked[0].reason', 'is "lost"; allowed are unspecified, keyCompromise'],
    ['a reason without a flag', { onlySomeReasons: ['unspecified'] }, 'onlySomeReasons[0]', 'is "unspecified"; allowed are keyCompromise'],
    ['no reason at all', { onlySomeReasons: [] }, 'onlySomeReasons', 'is empty; name a reason'],
    ['a negative number', { number: -1 }, 'number', 'is -1; allowed are whole numbers from 0'],
    ['a delta of a fraction', { delta: 0.5 }, 'delta', 'is 0.5; allowed are whole numbers from 0'],
    ['a flag that is text', { indirect: 'yes' }, 'indirect', 'is "yes"; allowed are true and false'],
    ['a signer without a key', { signer: { key: 'pem' } }, 'signer.key', 'is no private key'],
    ['a date beside validity', { validity: 'expired', nextUpdate: null }, 'nextUpdate', 'stands beside `validity`'],
  ])('refuses %s', (_what, options, option, reason) => {
    expect(() => createAuthority().crl(options as CrlOptions)).toThrow(
      expect.objectContaining({ code: 'ERR_SOCK_DEV_CERTS_OPTION', option, message: expect.stringContaining(reason) as string }),
    );
  });

  it('refuses a moment that no list can say', () => {
    const fault = { code: 'ERR_SOCK_DEV_CERTS_VALIDITY', option: 'revoked[0].at', message: expect.stringContaining('allowed is a Date') as string };
    expect(() => createAuthority().crl({ revoked: [{ serialNumber: '1', at: new Date(Number.NaN) }] })).toThrow(expect.objectContaining(fault));
    const long = { code: 'ERR_SOCK_DEV_CERTS_VALIDITY', option: 'thisUpdate' };
    expect(() => createAuthority().crl({ thisUpdate: new Date('1949-01-01') })).toThrow(expect.objectContaining(long));
  });
});

describe('issue with a serial number', () => {
  it.each([
    ['0a1b', '0A1B'],
    ['1', '01'],
    ['00ff', 'FF'],
    ['80', '80'],
    [`7f${'0'.repeat(38)}`, `7F${'0'.repeat(38)}`],
  ])('writes %s as Node.js reads it: %s', (serialNumber, expected) => {
    const issued = createAuthority().issue({ names, serialNumber });
    expect(issued.serialNumber).toBe(expected);
    expect(new X509Certificate(issued.der).serialNumber).toBe(expected);
  });

  it('lets a renewed certificate collide with the one before', () => {
    const authority = createAuthority();
    const first = authority.issue({ names });
    const renewed = authority.issue({ names, serialNumber: first.serialNumber });
    expect(renewed.serialNumber).toBe(first.serialNumber);
    expect(renewed.fingerprint256).not.toBe(first.fingerprint256);
  });

  it.each(['', '0', '000', 'xy', '-1', `80${'0'.repeat(38)}`, 'f'.repeat(41)])('refuses %j', (serialNumber) => {
    expect(() => createAuthority().issue({ names, serialNumber })).toThrow(
      expect.objectContaining({
        code: 'ERR_SOCK_DEV_CERTS_OPTION',
        option: 'serialNumber',
        message: expect.stringContaining('allowed is a positive number of at most 20 bytes') as string,
      }),
    );
  });
});
