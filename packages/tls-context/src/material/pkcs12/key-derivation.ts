import { createHash, pbkdf2Sync } from 'node:crypto';
import type { Asn1 } from './asn1.ts';
import { count, octets, oid, sequence } from './asn1.ts';
import { damaged, unsupported } from './pkcs12-fault.ts';
import type { Passphrase } from './passphrase.ts';

/** Rounds of a derivation: some seconds. Programs write 1 to 1,000,000. */
export const MAX_PBKDF2_ROUNDS = 10_000_000;
/** Each of these rounds costs a call from here, four times as much. */
export const MAX_PKCS12_ROUNDS = 2_000_000;
const MAX_SALT = 1024;

/** A hash: Node's name, and the bytes of its output and of its block. */
export interface Hash {
  readonly name: 'sha1' | 'sha224' | 'sha256' | 'sha384' | 'sha512';
  readonly output: number;
  readonly block: number;
}

const SHA1: Hash = { name: 'sha1', output: 20, block: 64 };
const SHA224: Hash = { name: 'sha224', output: 28, block: 64 };
const SHA256: Hash = { name: 'sha256', output: 32, block: 64 };
const SHA384: Hash = { name: 'sha384', output: 48, block: 128 };
const SHA512: Hash = { name: 'sha512', output: 64, block: 128 };

/** Hashes by their own identifiers. */
export const HASHES: ReadonlyMap<string, Hash> = /*#__PURE__*/ new Map([
  ['1.3.14.3.2.26', SHA1],
  ['2.16.840.1.101.3.4.2.4', SHA224],
  ['2.16.840.1.101.3.4.2.1', SHA256],
  ['2.16.840.1.101.3.4.2.2', SHA384],
  ['2.16.840.1.101.3.4.2.3', SHA512],
]);

/** Hashes by the identifiers of their HMAC (RFC 8018, appendix B.1). */
export const HMACS: ReadonlyMap<string, Hash> = /*#__PURE__*/ new Map([
  ['1.2.840.113549.2.7', SHA1],
  ['1.2.840.113549.2.8', SHA224],
  ['1.2.840.113549.2.9', SHA256],
  ['1.2.840.113549.2.10', SHA384],
  ['1.2.840.113549.2.11', SHA512],
]);

/** What a derived key is for (RFC 7292, appendix B.3). */
export const PURPOSE = { key: 1, iv: 2, mac: 3 } as const;

/** The derivation of RFC 7292, appendix B.2. */
export function pkcs12Key(hash: Hash, secret: Uint8Array, salt: Uint8Array, rounds: number, purpose: 1 | 2 | 3, length: number): Buffer {
  const diversifier = Buffer.alloc(hash.block, purpose);
  const seed = Buffer.concat([fill(salt, hash.block), fill(secret, hash.block)]);
  const made: Buffer[] = [];
  for (let size = 0; size < length; size += hash.output) {
    let block = createHash(hash.name).update(diversifier).update(seed).digest();
    for (let round = 1; round < rounds; round += 1) block = createHash(hash.name).update(block).digest();
    made.push(block);
    addToEach(seed, fill(block, hash.block).subarray(0, hash.block), hash.block);
  }
  return Buffer.concat(made).subarray(0, length);
}

/**
 * PBKDF2 by its AlgorithmIdentifier (RFC 8018, appendix A.2).
 *
 * @param length - of the key; `undefined`: the one that stands in the parameters
 */
export function pbkdf2Key(algorithm: Asn1 | undefined, passphrase: Passphrase, length: number | undefined): Buffer {
  const [id, parameters] = sequence(algorithm, 'the key derivation');
  const found = oid(id, 'the key derivation');
  if (found !== '1.2.840.113549.1.5.12') throw unsupported(`the key derivation ${found}`);
  const [salt, rounds, ...rest] = sequence(parameters, 'PBKDF2');
  const given = rest.find((value) => value.idBlock.tagClass === 1 && value.idBlock.tagNumber === 2);
  const prf = rest.find((value) => value.idBlock.tagClass === 1 && value.idBlock.tagNumber === 16);
  const size = given === undefined ? length : count(given, 'the length of the key');
  if (size === undefined || size < 1 || size > 256 || (length !== undefined && size !== length)) throw damaged('the length of the derived key');
  const hmac = prf === undefined ? '1.2.840.113549.2.7' : oid(sequence(prf, 'the hash of PBKDF2')[0], 'the hash of PBKDF2');
  const hash = HMACS.get(hmac);
  if (hash === undefined) throw unsupported(`PBKDF2 by ${hmac}`);
  return pbkdf2Sync(passphrase.utf8, saltOf(salt), roundsOf(rounds, MAX_PBKDF2_ROUNDS), size, hash.name);
}

export function saltOf(value: Asn1 | undefined): Uint8Array {
  const salt = octets(value, 'the salt');
  if (salt.length > MAX_SALT) throw damaged(`a salt of ${salt.length} bytes`);
  return salt;
}

/** The rounds of a derivation: what a file asks for must not stop the program for hours. */
export function roundsOf(value: Asn1 | undefined, most: number): number {
  const rounds = count(value, 'the number of rounds');
  if (rounds < 1 || rounds > most) throw damaged(`${rounds} rounds of key derivation; 1 to ${most} are taken`);
  return rounds;
}

/** As many whole blocks as it takes, filled with what is given again and again; nothing stays nothing. */
function fill(bytes: Uint8Array, block: number): Buffer {
  return bytes.length === 0 ? Buffer.alloc(0) : Buffer.alloc(Math.ceil(bytes.length / block) * block, bytes);
}

/** Adds `number` and one to each block, as large numbers that overflow. */
function addToEach(blocks: Buffer, number: Buffer, size: number): void {
  for (let start = 0; start < blocks.length; start += size) {
    let carry = 1;
    for (let index = size - 1; index >= 0; index -= 1) {
      carry += (blocks[start + index] as number) + (number[index] as number);
      blocks[start + index] = carry & 0xff;
      carry >>= 8;
    }
  }
}
