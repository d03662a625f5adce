import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { checkDer, DerError, DerReader, TAG } from './der.ts';
import { readInteger, readOid, readTime } from './der-values.ts';

const bytes = (hex: string): Buffer => Buffer.from(hex.replaceAll(' ', ''), 'hex');
const reader = (hex: string): DerReader => new DerReader(bytes(hex));
const time = (text: string): number => readTime(new DerReader(Buffer.concat([Buffer.of(text.length === 13 ? 0x17 : 0x18, text.length), Buffer.from(text)])), 'it');

describe('lengths', () => {
  test.each([['30 00', 0], [`30 7f ${'05 00'.repeat(63)} 00`, 127], [`30 81 80 ${'05 00'.repeat(64)}`, 128]])('%.12s… is read', (hex, length) => {
    expect(reader(hex).read(TAG.sequence, 'it').content).toHaveLength(length);
  });

  test.each([
    ['', /is missing/],
    ['30', /is cut off/],
    ['30 01', /is cut off/],
    ['30 80 00 00', /no definite length/],
    ['30 81 05 00 00 00 00 00', /not in its shortest form/],
    [`30 82 00 80 ${'00'.repeat(128)}`, /not in its shortest form/],
    ['30 85 01 00 00 00 00', /no definite length/],
    ['30 84 ff ff ff ff', /is cut off/],
    ['3f 81 01 00', /tag of several bytes/],
    ['31 00', /has the tag 0x31; expected 0x30/],
  ])('%s is refused', (hex, why) => {
    expect(() => reader(hex).read(hex.startsWith('3f') ? -1 : TAG.sequence, 'it')).toThrow(why);
  });
});

test('what is nested too deep, or has more behind it, is refused', () => {
  const nested = (depth: number): Buffer => (depth === 0 ? bytes('30 00') : ((inner) => Buffer.concat([Buffer.of(0x30, inner.length), inner]))(nested(depth - 1)));
  expect(() => checkDer(nested(30), 'it')).not.toThrow();
  expect(() => checkDer(nested(40), 'it')).toThrow(/nested more than 32 deep/);
  expect(() => checkDer(bytes('30 00 00'), 'it')).toThrow(/bytes follow behind it/);
});

test.each([['02 01 00', '00'], ['02 02 00 80', '0080'], ['02 01 80', '80']])('the number %s is read', (hex, content) => {
  expect(Buffer.from(readInteger(reader(hex), 'it')).toString('hex')).toBe(content);
});

test.each(['02 00', '02 02 00 7f', '02 02 ff 80'])('the number %s has a shorter form, and is refused', (hex) => {
  expect(() => readInteger(reader(hex), 'it')).toThrow(/shortest form/);
});

test('times of both kinds are read, and none that does not exist', () => {
  fc.assert(
    fc.property(fc.date({ min: new Date('1950-01-01T00:00:00Z'), max: new Date('9999-12-31T23:59:59Z'), noInvalidDate: true }), (date) => {
      const text = `${date.toISOString().replaceAll(/[-:T]|\..*/g, '')}Z`;
      const whole = Math.floor(date.getTime() / 1000) * 1000;
      expect(time(text)).toBe(whole);
      if (date.getUTCFullYear() < 2050) expect(time(text.slice(2))).toBe(whole);
    }),
  );
  for (const wrong of ['20260230000000Z', '20261301000000Z', '20260101240000Z', '20260101006000Z', '2026010100000xZ', '202601010000000', '20260100000000Z', '00990101000000Z']) {
    expect(() => time(wrong)).toThrow(DerError);
  }
  expect(() => time('20260101000000.5Z')).toThrow(/no time in seconds/);
});

test.each([['06 08 2b 06 01 05 05 07 03 09', '1.3.6.1.5.5.7.3.9'], ['06 09 2a 86 48 86 f7 0d 01 01 0b', '1.2.840.113549.1.1.11'], ['06 01 27', '0.39'], ['06 02 88 37', '2.999']])('the identifier %s is %s', (hex, dotted) => {
  expect(readOid(reader(hex), 'it')).toBe(dotted);
});

test.each(['06 00', '06 01 80', '06 02 80 01', '06 09 ff ff ff ff ff ff ff ff 7f'])('the identifier %s is refused', (hex) => {
  expect(() => readOid(reader(hex), 'it')).toThrow(DerError);
});

test('any bytes are read or refused typed, never beyond their end', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 60 }), fc.nat(10), (input, cut) => {
      const outer = new DerReader(input, 0, Math.max(input.length - cut, 0));
      try {
        while (outer.tag !== -1) expect(outer.read(-1, 'it').stop).toBeLessThanOrEqual(input.length - cut);
        checkDer(input, 'it');
      } catch (error) {
        expect(error).toBeInstanceOf(DerError);
      }
    }),
    { numRuns: 500 },
  );
});
