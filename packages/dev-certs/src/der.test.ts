import { generateKeyPairSync } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  bitString,
  bmpString,
  embed,
  encode,
  enumerated,
  generalizedTime,
  integer,
  octetString,
  oid,
  sequence,
  set,
  taggedBytes,
  unsignedInteger,
} from './der.ts';
import { reasonFlags } from './revocation-reason.ts';

const hex = (value: Parameters<typeof encode>[0]): string => encode(value).toString('hex');

describe('DER', () => {
  it('orders the elements of a set by their encodings, however they are given', () => {
    const elements = [octetString(Buffer.of(2)), octetString(Buffer.of(1)), integer(9)];
    expect(hex(set(...elements))).toBe('3109020109040101040102');
    expect(hex(set(...elements.toReversed()))).toBe('3109020109040101040102');
  });

  it('writes numbers in as few bytes as keep their sign', () => {
    expect([0, 5, 127, 128, 2048].map((number) => hex(integer(number)))).toEqual(['020100', '020105', '02017f', '02020080', '02020800']);
  });

  it('writes numbers from hexadecimal digits without ever taking the first bit for a sign', () => {
    expect(['0', '7f', '80', '0A1B', '100'].map((digits) => hex(unsignedInteger(digits)))).toEqual([
      '020100',
      '02017f',
      '02020080',
      '02020a1b',
      '02020100',
    ]);
  });

  it('writes an enumerated value with its own tag', () => {
    expect(hex(enumerated(10))).toBe('0a010a');
  });

  it('writes a year before 2050 with four digits where OCSP wants it so', () => {
    expect(encode(generalizedTime(new Date('2024-02-29T12:00:00Z'))).toString('latin1')).toBe('\x18\x0f20240229120000Z');
  });

  it('writes the bits of reasons without the zero bits after the last one', () => {
    const flags = (...reasons: Parameters<typeof reasonFlags>[1]): string => reasonFlags('onlySomeReasons', reasons).toString('hex');
    expect(flags('keyCompromise')).toBe('0640');
    expect(flags('privilegeWithdrawn', 'keyCompromise')).toBe('0041');
    expect(flags('aACompromise')).toBe('070080');
  });

  it('writes identifiers with arcs of more than seven bits', () => {
    expect(hex(oid('1.2.840.113549.1.1.11'))).toBe('06092a864886f70d01010b');
    expect(hex(oid('2.16.840.1.101.3.4.1.42'))).toBe('060960864801650304012a');
  });

  it('writes text for PKCS#12 as UTF-16, most significant byte first', () => {
    expect(hex(bmpString('a\u00FC\u{1F511}'))).toBe('1e08006100fcd83ddd11');
  });

  it('writes the length of a value of any size', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 70_000 }), (length) => {
        const der = encode(octetString(Buffer.alloc(length, 7)));
        const header = length < 128 ? 2 : length < 256 ? 3 : length < 65_536 ? 4 : 5;
        expect(der.length).toBe(header + length);
      }),
    );
  });

  it('gives DER of node:crypto back unchanged, even where a key looks like ASN.1', () => {
    const spki = generateKeyPairSync('ec', { namedCurve: 'P-256' }).publicKey.export({ type: 'spki', format: 'der' });
    expect(encode(embed(spki))).toEqual(spki);
    const lookalike = encode(sequence(bitString(encode(sequence(integer(128)))), taggedBytes(0, Buffer.of(0, 1))));
    expect(encode(embed(lookalike))).toEqual(lookalike);
    expect(embed(encode(bitString(Buffer.of(5, 0)))).value).toBe('\0\x05\0');
  });
});
