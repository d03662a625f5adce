import { expect } from 'vitest';

/** The UTF-8 bytes of `words`. */
export function bytes(words: string): Uint8Array {
  return new TextEncoder().encode(words);
}

/** UTF-8 bytes as text; `<end>` for the `null` of a clean end. */
export function text(chunk: Uint8Array | null): string {
  return chunk === null ? '<end>' : new TextDecoder().decode(chunk);
}

/**
 * `length` bytes that tell their own position: every four of them are the product of their index and an odd number, so no two such
 * words within 16 GiB are the same, and a byte that is lost, doubled or moved shows. The same seed gives the same bytes.
 */
export function pattern(length: number, seed = 0): Uint8Array {
  const out = new Uint8Array(length);
  for (let index = 0; index < length; index += 1) {
    const block = (index >>> 2) + seed * 7919;
    // The low bits of a multiplication are weak: take each byte from higher ones.
    out[index] = (Math.imul(block, 0x9e3779b1) >>> ((index & 3) * 8)) & 0xff;
  }
  return out;
}

export function concatBytes(chunks: readonly Uint8Array[]): Uint8Array {
  return Buffer.concat(chunks);
}

/** Fails with the first difference, rather than with a diff of a million numbers. */
export function assertSameBytes(actual: Uint8Array, expected: Uint8Array): void {
  if (Buffer.compare(actual, expected) === 0) return;
  const length = Math.min(actual.length, expected.length);
  let at = 0;
  while (at < length && actual[at] === expected[at]) at += 1;
  const around = (side: Uint8Array): string => Buffer.from(side.subarray(at, at + 16)).toString('hex');
  expect.fail(`${actual.length} bytes instead of ${expected.length}; from byte ${at} on: ${around(actual)} instead of ${around(expected)}`);
}
