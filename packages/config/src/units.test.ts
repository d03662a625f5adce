import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ConfigError } from './errors.ts';
import { formatBytes, formatDuration, parseBytes, parseDuration } from './units.ts';

const whole = fc.oneof(fc.nat(), fc.maxSafeNat(), fc.constantFrom(0, 999, 1000, 1023, 1024, Number.MAX_SAFE_INTEGER));

describe('durations', () => {
  it.each([
    ['250ms', 250],
    ['30s', 30_000],
    ['5m', 300_000],
    ['2h', 7_200_000],
    ['1d', 86_400_000],
    ['1.5s', 1500],
    ['1.001s', 1001],
    ['30 s', 30_000],
    ['5000', 5000],
    ['0', 0],
    [42, 42],
  ])('%s is %d ms', (text, ms) => {
    expect(parseDuration(text)).toBe(ms);
  });

  it('minus zero is zero', () => {
    expect(Object.is(parseDuration(-0), 0)).toBe(true);
  });

  it('every whole number of milliseconds survives being written and read', () => {
    fc.assert(fc.property(whole, (ms) => parseDuration(formatDuration(ms)) === ms));
  });

  it('is written in the largest unit that leaves a whole number', () => {
    expect([0, 1, 1500, 90_000, 120_000, 86_400_000].map(formatDuration)).toEqual(['0ms', '1ms', '1500ms', '90s', '2m', '1d']);
  });
});

describe('bytes', () => {
  it.each([
    ['64KiB', 65_536],
    ['1MiB', 1_048_576],
    ['10kB', 10_000],
    ['1.5KiB', 1536],
    ['2GB', 2_000_000_000],
    ['1TiB', 1_099_511_627_776],
    ['64 KiB', 65_536],
    ['7B', 7],
    ['65536', 65_536],
    [0, 0],
  ])('%s is %d bytes', (text, bytes) => {
    expect(parseBytes(text)).toBe(bytes);
  });

  it('every whole number of bytes survives being written and read', () => {
    fc.assert(fc.property(whole, (bytes) => parseBytes(formatBytes(bytes)) === bytes));
  });

  it('a fraction of a unit is exact or refused, never rounded', () => {
    fc.assert(
      fc.property(fc.nat(9_999), fc.nat(999), (units, thousandths) => {
        const text = `${units}.${String(thousandths).padStart(3, '0')}KiB`;
        const exact = (units * 1000 + thousandths) * 1024;
        if (exact % 1000 === 0) expect(parseBytes(text)).toBe(exact / 1000);
        else expect(() => parseBytes(text)).toThrow(ConfigError);
      }),
    );
  });

  it('is written in binary units before decimal ones', () => {
    expect([65_536, 10_000, 1_024_000, 1001].map(formatBytes)).toEqual(['64KiB', '10kB', '1000KiB', '1001B']);
  });
});

describe('what is no quantity', () => {
  const hostile = [
    '', ' ', '-1', '+1', '1e3', '0x10', '1_000', '١', '1,5', '1.', '.5', '1..5', ' 1', '1 ', '1\n', '1  s', 'NaN', 'Infinity', '1 parsec',
    '1constructor', '1__proto__', '1toString', '0.1', '9007199254740993', '99999999999999999999', NaN, Infinity, -Infinity, -1, 0.5, 2 ** 53,
  ];
  it.each(hostile)('%j is refused with its reason', (value) => {
    for (const parse of [parseDuration, parseBytes]) {
      expect(() => parse(value)).toThrow(
        expect.objectContaining({ code: 'ERR_SOCK_CONFIG', problems: [expect.objectContaining({ source: { kind: 'value' } })] }),
      );
    }
  });

  it.each(['1KB', '1kb', '1kib', '1Kb', '1.0001KiB', '8388608GiB'])('%s is refused as bytes', (text) => {
    expect(() => parseBytes(text)).toThrow(`bytes: found "${text}" in the given value; allowed: bytes such as "64KiB", "10kB" or 65536`);
  });

  it.each(['1S', '1MS', '1w', '0.5ms', '104249992d'])('%s is refused as a duration', (text) => {
    expect(() => parseDuration(text)).toThrow(`duration: found "${text}" in the given value; allowed: duration such as "30s" or 30000 (ms)`);
  });
});
