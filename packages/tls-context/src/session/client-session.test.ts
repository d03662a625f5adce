import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isOver, MAX_SESSION_MS, sessionExpiry } from './client-session.ts';

const DAY = 86_400_000;
const start = 1_800_000_000_000;

describe('a session ends', () => {
  it('with its lifetime, when nothing ends before', () => {
    expect(sessionExpiry({ authenticatedAt: start, lifetimeMs: 5000, notAfter: [start + DAY], validUntil: start + DAY })).toBe(start + 5000);
  });

  it('after seven days at the latest', () => {
    expect(sessionExpiry({ authenticatedAt: start, lifetimeMs: 30 * DAY, notAfter: [start + 90 * DAY] })).toBe(start + 7 * DAY);
  });

  it('with the first certificate that ends', () => {
    expect(sessionExpiry({ authenticatedAt: start, lifetimeMs: DAY, notAfter: [start + 900, start + 600, start + 700] })).toBe(start + 600);
  });

  it('with the revocation data', () => {
    expect(sessionExpiry({ authenticatedAt: start, lifetimeMs: DAY, notAfter: [start + 900], validUntil: start + 300 })).toBe(start + 300);
  });

  it.each([
    ['a lifetime', { lifetimeMs: Infinity }],
    ['a lifetime', { lifetimeMs: NaN }],
    ['a beginning', { authenticatedAt: NaN }],
    ['a beginning', { authenticatedAt: Infinity }],
    ['the end of a certificate', { notAfter: [start + DAY, NaN] }],
    ['the end of a certificate', { notAfter: [Infinity] }],
    ['the end of revocation data', { validUntil: Infinity }],
    ['the end of revocation data', { validUntil: NaN }],
  ])('at once, when %s is no finite number: %o', (_what, limit) => {
    const good = { authenticatedAt: start, lifetimeMs: DAY, notAfter: [start + DAY], validUntil: start + DAY };
    expect(isOver(sessionExpiry(good), start)).toBe(false);
    expect(isOver(sessionExpiry({ ...good, ...limit }), start)).toBe(true);
  });

  it('never after any of its limits, and at one of them', () => {
    const time = fc.integer({ min: 1, max: start });
    fc.assert(
      fc.property(time, time, fc.array(time), fc.option(time, { nil: undefined }), (authenticatedAt, lifetimeMs, notAfter, validUntil) => {
        const limits = [authenticatedAt + lifetimeMs, authenticatedAt + MAX_SESSION_MS, ...notAfter, ...(validUntil === undefined ? [] : [validUntil])];
        expect(sessionExpiry({ authenticatedAt, lifetimeMs, notAfter, validUntil })).toBe(Math.min(...limits));
      }),
    );
  });
});

it('a session is over at its end, not before, and always when its end is no number', () => {
  expect([isOver(100, 99), isOver(100, 100), isOver(100, 101), isOver(NaN, 0)]).toEqual([false, true, true, true]);
});
