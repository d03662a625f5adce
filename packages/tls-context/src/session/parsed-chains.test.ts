import { createAuthority } from '@sock/dev-certs';
import { expect, it } from 'vitest';
import { ParsedChains } from './parsed-chains.ts';

const authority = createAuthority();
const der = (name: string): Uint8Array => Buffer.from(authority.issue({ names: [name] }).cert.replace(/-----[^-]+-----|\s/g, ''), 'base64');
const [a, b] = [der('a.test'), der('b.test')];

it('a chain is parsed once, whatever array brings it', () => {
  const chains = new ParsedChains();
  const first = chains.of([a, b]);
  expect(first.map(({ raw }) => raw)).toEqual([a, b]);
  expect(chains.of([Uint8Array.from(a), Uint8Array.from(b)])).toBe(first);
});

it('another chain is another one: by its bytes, its order and its length', () => {
  const chains = new ParsedChains();
  const both = chains.of([a, b]);
  expect(chains.of([b, a]).map(({ raw }) => raw)).toEqual([b, a]);
  expect(chains.of([a])).toHaveLength(1);
  expect(chains.of([a, b])).toBe(both);
});

it('an array that somebody changes later is not the chain that it was', () => {
  const chains = new ParsedChains();
  const bytes = Uint8Array.from(a);
  chains.of([bytes]);
  bytes[10] = 0xff;
  expect(() => chains.of([bytes])).toThrow(/PEM routines|asn1/);
});
