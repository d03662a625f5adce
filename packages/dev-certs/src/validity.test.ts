import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createAuthority, type LeafOptions } from './index.ts';

const NOW = new Date('2027-03-01T12:00:00.750Z');

describe('validity', () => {
  beforeEach(() => {
    vi.useFakeTimers({ now: NOW, toFake: ['Date'] });
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  it('begins five minutes ago, for peers with slow clocks, and lasts 365 days for authorities and 90 for leaves', () => {
    const authority = createAuthority();
    expect(period(authority.certificate)).toEqual(['2027-03-01T11:55:00.000Z', '2028-02-29T12:00:00.000Z']);
    expect(period(authority.issue({ names: ['localhost'] }))).toEqual(['2027-03-01T11:55:00.000Z', '2027-05-30T12:00:00.000Z']);
  });

  it('lasts as many days as were asked for, from notBefore if there is one', () => {
    const authority = createAuthority();
    expect(period(leaf(authority, { days: 2 }))).toEqual(['2027-03-01T11:55:00.000Z', '2027-03-03T12:00:00.000Z']);
    const notBefore = new Date('2027-04-01T00:00:00Z');
    expect(period(leaf(authority, { days: 2, notBefore }))).toEqual(['2027-04-01T00:00:00.000Z', '2027-04-03T00:00:00.000Z']);
    const notAfter = new Date('2027-04-01T00:00:00.999Z');
    expect(period(leaf(authority, { notAfter }))).toEqual(['2027-03-01T11:55:00.000Z', '2027-04-01T00:00:00.000Z']);
  });

  it("ends with the issuer's when nobody asked for an end", () => {
    const authority = createAuthority({ days: 3 });
    const intermediate = authority.issueIntermediate();
    expect(intermediate.certificate.notAfter).toEqual(authority.certificate.notAfter);
    expect(intermediate.issue({ names: ['localhost'] }).notAfter).toEqual(authority.certificate.notAfter);
  });

  it("refuses an end after the issuer's that was asked for, unless that is what the test wants", () => {
    const authority = createAuthority({ days: 3 });
    expect(() => leaf(authority, { days: 4 })).toThrow(fault('days', 'its issuer ends 2027-03-04T12:00:00.000Z'));
    const notAfter = new Date('2027-03-05T00:00:00Z');
    expect(() => leaf(authority, { notAfter })).toThrow(fault('notAfter', 'would end 2027-03-05T00:00:00.000Z'));
    expect(() => authority.issueIntermediate({ days: 4 })).toThrow(fault('days', 'its issuer ends'));
    expect(leaf(authority, { notAfter, allow: ['outlive-issuer'] }).notAfter).toEqual(notAfter);
    expect(authority.issueIntermediate({ notAfter, allow: ['outlive-issuer'] }).certificate.notAfter).toEqual(notAfter);
  });

  it('is over or has not begun when the test wants it so', () => {
    const authority = createAuthority();
    expect(leaf(authority, { validity: 'expired' }).notAfter).toEqual(new Date('2027-02-28T12:00:00Z'));
    expect(leaf(authority, { validity: 'not-yet-valid' }).notBefore).toEqual(new Date('2027-03-02T12:00:00Z'));
  });

  it('of a leaf cannot begin after its issuer has ended', () => {
    const expired = createAuthority({ validity: 'expired' });
    expect(() => leaf(expired, {})).toThrow(fault('notBefore', 'its issuer ends 2027-02-28T12:00:00.000Z'));
    expect(leaf(expired, { allow: ['outlive-issuer'] }).notAfter).toEqual(new Date('2027-05-30T12:00:00Z'));
  });

  it('cannot be empty', () => {
    const notAfter = new Date('2027-03-01T11:55:00Z');
    expect(() => createAuthority({ notAfter })).toThrow(fault('notAfter', 'is not after notBefore, 2027-03-01T11:55:00.000Z'));
  });

  it.each([0, -1, 1.5, 36_501, Number.NaN, Number.POSITIVE_INFINITY])('cannot last %d days', (days) => {
    expect(() => createAuthority({ days })).toThrow(fault('days', `is ${days}; allowed are whole numbers from 1 to 36500`));
  });

  it.each([
    ['no date', new Date(Number.NaN), 'allowed is a Date of the years 1950 to 9999'],
    ['before 1950', new Date('1949-12-31T23:59:59Z'), 'is 1949-12-31T23:59:59.000Z'],
    ['after 9999', new Date('+010000-01-01T00:00:00Z'), 'is +010000-01-01T00:00:00.000Z'],
    ['no Date', '2027-03-05' as unknown as Date, 'is "2027-03-05"'],
  ])('refuses a date that is %s', (_, date, reason) => {
    expect(() => createAuthority({ notBefore: date })).toThrow(fault('notBefore', reason));
    expect(() => createAuthority({ notAfter: date })).toThrow(fault('notAfter', reason));
  });

  it.each([
    ['days', { days: 1, notAfter: NOW }],
    ['days', { days: 1, validity: 'expired' }],
    ['notBefore', { notBefore: NOW, validity: 'not-yet-valid' }],
    ['notAfter', { notAfter: NOW, validity: 'expired' }],
  ] as const)('refuses %s beside an option that says the same', (option, options) => {
    const refusal = { code: 'ERR_SOCK_DEV_CERTS_OPTION', option, message: expect.stringContaining('stands beside') };
    expect(() => createAuthority(options)).toThrow(expect.objectContaining(refusal));
  });

  it('is written as UTCTime through 2049 and as GeneralizedTime from 2050 on', () => {
    const der = (notAfter: string): string => createAuthority({ notAfter: new Date(notAfter) }).certificate.der.toString('latin1');
    expect(der('2049-12-31T23:59:59Z')).toContain('\x17\x0d270301115500Z\x17\x0d491231235959Z');
    expect(der('2050-01-01T00:00:00Z')).toContain('\x17\x0d270301115500Z\x18\x0f20500101000000Z');
    expect(der('9999-12-31T23:59:59Z')).toContain('\x18\x0f99991231235959Z');
  });
});

function leaf(authority: ReturnType<typeof createAuthority>, options: LeafOptions): ReturnType<typeof authority.issue> {
  return authority.issue({ names: ['localhost'], ...options });
}

function period({ notBefore, notAfter }: { notBefore: Date; notAfter: Date }): string[] {
  return [notBefore.toISOString(), notAfter.toISOString()];
}

function fault(option: string, reason: string): unknown {
  return expect.objectContaining({ code: 'ERR_SOCK_DEV_CERTS_VALIDITY', option, message: expect.stringContaining(reason) });
}
