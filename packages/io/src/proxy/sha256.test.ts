import { expect, test } from 'vitest';
import { shortDigest } from './sha256.ts';

// The first half of the examples of FIPS 180-4 and its companion pages, and of lengths around the padding (from sha256sum).
test.each([
  ['', 'e3b0c44298fc1c149afbf4c8996fb924'],
  ['abc', 'ba7816bf8f01cfea414140de5dae2223'],
  ['abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq', '248d6a61d20638b8e5c026930c3e6039'],
  ['a'.repeat(55), '9f4390f8d30c2dd92ec9f095b65e2b9a'],
  ['a'.repeat(56), 'b35439a4ac6f0948b6d6f9e3c6af0f5f'],
  ['a'.repeat(64), 'ffe054fe7ae0cb6dc65c3af9b61d5209'],
  ['a'.repeat(1000), '41edece42d63e8d9bf515a9ba6932e1c'],
])('the digest of %j is the one of the standard', (text, digest) => {
  expect(shortDigest(text)).toBe(digest);
});
