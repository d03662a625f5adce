import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bytes, duration, int } from './number-fields.ts';

describe('int', () => {
  const port = int({ default: 80, min: 1, max: 65_535, doc: 'Port.' });

  it('reads a number and its decimal text as the same', () => {
    fc.assert(fc.property(fc.integer({ min: 1, max: 65_535 }), (n) => port.parse(n) === n && (port.parse as (input: unknown) => unknown)(String(n)) === n));
  });

  it.each([0, 65_536, -1, 1.5, NaN, Infinity, -0, '', ' 1', '1 ', '1e3', '0x10', '1.0', '+1', '--1', null, true, [1], {}])('refuses %j', (value) => {
    expect((port.parse as (input: unknown) => unknown)(value)).toBeUndefined();
  });

  it('refuses a bigint', () => {
    expect((port.parse as (input: unknown) => unknown)(1n)).toBeUndefined();
  });

  it('goes below zero only where the range does', () => {
    expect(int({ default: 0, doc: '' }).parse(-1)).toBeUndefined();
    const signed = int({ default: 0, min: -5, doc: '' });
    expect([signed.parse(-5), signed.parse('-5' as never), signed.parse(-6)]).toEqual([-5, -5, undefined]);
    expect(Object.is(signed.parse('-0' as never), 0)).toBe(true);
  });

  it('stops at the largest safe integer', () => {
    const any = int({ default: 0, doc: '' });
    expect(any.parse(Number.MAX_SAFE_INTEGER)).toBe(Number.MAX_SAFE_INTEGER);
    expect(any.parse(Number.MAX_SAFE_INTEGER + 1)).toBeUndefined();
    expect(any.parse('9007199254740993' as never)).toBeUndefined();
  });

  it('tells what it counts and how far', () => {
    expect(int({ default: 1, min: 1, max: 9, unit: 'sockets', doc: '' })).toMatchObject({
      form: 'whole number of sockets',
      range: '1 to 9',
      unit: 'sockets',
    });
    expect(int({ default: 1, doc: '' })).toMatchObject({ form: 'whole number', range: 'at least 0', unit: '' });
  });
});

describe('bytes', () => {
  const queue = bytes({ default: '64KiB', min: '1KiB', max: '1MiB', doc: 'Queue.', reason: 'Two records.' });

  it('keeps its range to the byte', () => {
    expect([1023, 1024, 1_048_576, 1_048_577].map((n) => queue.parse(n))).toEqual([undefined, 1024, 1_048_576, undefined]);
    expect([queue.parse('1KiB'), queue.parse('2MiB')]).toEqual([1024, undefined]);
  });

  it('tells its range, default and reason', () => {
    expect(queue).toMatchObject({ default: '64KiB', range: '1KiB to 1MiB', unit: 'bytes', doc: 'Queue.', reason: 'Two records.' });
  });
});

describe('duration', () => {
  it('is never longer than a timer can wait, unless its range says so', () => {
    const wait = duration({ default: '30s', doc: '' });
    expect([wait.parse(2_147_483_647), wait.parse(2_147_483_648), wait.parse('25d')]).toEqual([2_147_483_647, undefined, undefined]);
    expect(duration({ default: '30s', max: '30d', doc: '' }).parse('30d')).toBe(2_592_000_000);
  });

  it('keeps its range', () => {
    const wait = duration({ default: '30s', min: '1s', max: '1m', doc: '' });
    expect([wait.parse('999ms'), wait.parse('1s'), wait.parse('60s'), wait.parse(60_001)]).toEqual([undefined, 1000, 60_000, undefined]);
    expect(wait.range).toBe('1s to 1m');
  });
});

it('what a number field writes it reads back', () => {
  fc.assert(
    fc.property(fc.maxSafeNat(), fc.constantFrom(int({ doc: '' }), bytes({ doc: '' }), duration({ doc: '', max: Number.MAX_SAFE_INTEGER })), (value, field) =>
      (field.parse as (input: unknown) => unknown)(field.format(value)) === value,
    ),
  );
});
