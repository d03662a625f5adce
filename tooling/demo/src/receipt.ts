import type { Hash } from 'node:crypto';
import { createHash } from 'node:crypto';

/** What arrived at the end of a stream. */
export interface Receipt {
  readonly bytes: number;
  /** Hexadecimal; `undefined` when nobody asked for it. */
  readonly sha256?: string | undefined;
}

/** Counts what arrives and, when asked to, hashes it. Hashing costs about as much as TLS itself, so timed transfers do without. */
export class Tally {
  readonly #hash: Hash | undefined;
  #bytes = 0;

  constructor(hashed: boolean) {
    this.#hash = hashed ? createHash('sha256') : undefined;
  }

  add(chunk: Uint8Array): void {
    this.#bytes += chunk.length;
    this.#hash?.update(chunk);
  }

  receipt(): Receipt {
    return { bytes: this.#bytes, sha256: this.#hash?.digest('hex') };
  }
}

export function encodeReceipt(receipt: Receipt): Uint8Array {
  return new TextEncoder().encode(JSON.stringify(receipt));
}

/** @throws Error when the peer ended before it had sent its receipt */
export function decodeReceipt(text: string): Receipt {
  if (text === '') throw new Error('the server ended the connection before it said what it got');
  return JSON.parse(text) as Receipt;
}
