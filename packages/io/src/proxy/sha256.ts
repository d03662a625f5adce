/**
 * SHA-256 (FIPS 180-4) of a text, the first 128 bits in hexadecimal: names credentials in connection keys. Written out here because a key is
 * made at once, which the runtime's `crypto.subtle` does not do, and because `node:crypto` would be loaded by every program.
 */
export function shortDigest(text: string): string {
  const message = padded(new TextEncoder().encode(text));
  const constants = roundConstants();
  const state = Uint32Array.from([0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19]);
  for (let offset = 0; offset < message.byteLength; offset += 64) compress(state, constants, message, offset);
  return Array.from(state.subarray(0, 4), (word) => word.toString(16).padStart(8, '0')).join('');
}

function padded(bytes: Uint8Array): DataView {
  const length = Math.ceil((bytes.length + 9) / 64) * 64;
  const message = new Uint8Array(length);
  message.set(bytes);
  message[bytes.length] = 0x80;
  const view = new DataView(message.buffer);
  view.setBigUint64(length - 8, BigInt(bytes.length) * 8n);
  return view;
}

/** The first 32 bits of the fractional parts of the cube roots of the first 64 primes. */
function roundConstants(): Uint32Array {
  const constants = new Uint32Array(64);
  for (let candidate = 2, count = 0; count < 64; candidate += 1) {
    if (!isPrime(candidate)) continue;
    constants[count] = Math.cbrt(candidate) % 1 * 0x1_0000_0000;
    count += 1;
  }
  return constants;
}

function isPrime(candidate: number): boolean {
  for (let divisor = 2; divisor * divisor <= candidate; divisor += 1) if (candidate % divisor === 0) return false;
  return true;
}

function compress(state: Uint32Array, constants: Uint32Array, message: DataView, offset: number): void {
  const words = new Uint32Array(64);
  for (let i = 0; i < 64; i += 1) {
    if (i < 16) words[i] = message.getUint32(offset + i * 4);
    else words[i] = at(words, i - 16) + small(at(words, i - 15), 7, 18, 3) + at(words, i - 7) + small(at(words, i - 2), 17, 19, 10);
  }
  let [a, b, c, d, e, f, g, h] = state as unknown as [number, number, number, number, number, number, number, number];
  for (let i = 0; i < 64; i += 1) {
    const first = h + big(e, 6, 11, 25) + ((e & f) ^ (~e & g)) + at(constants, i) + at(words, i);
    const second = big(a, 2, 13, 22) + ((a & b) ^ (a & c) ^ (b & c));
    [h, g, f, e, d, c, b, a] = [g, f, e, (d + first) | 0, c, b, a, (first + second) | 0];
  }
  for (const [i, word] of [a, b, c, d, e, f, g, h].entries()) state[i] = at(state, i) + word;
}

const at = (words: Uint32Array, index: number): number => words[index] as number;
const turned = (word: number, by: number): number => (word >>> by) | (word << (32 - by));
const big = (word: number, x: number, y: number, z: number): number => turned(word, x) ^ turned(word, y) ^ turned(word, z);
const small = (word: number, x: number, y: number, shift: number): number => turned(word, x) ^ turned(word, y) ^ (word >>> shift);
