import { X509Certificate } from 'node:crypto';
import { LRUCache } from 'lru-cache';

/** Programs speak to few servers at a time; a chain that is not here is parsed again. */
const MAX_CHAINS = 64;

/**
 * Chains that stand beside sessions as DER, parsed. OpenSSL takes long to read a certificate, longer than for the whole rest of a resumed handshake, and
 * the certificates of a server are the same each time. Found by all their bytes: a store that answers with others gets what those say.
 */
export class ParsedChains {
  readonly #chains = new LRUCache<string, readonly X509Certificate[]>({ max: MAX_CHAINS });

  /** @throws what `X509Certificate` throws for bytes that are none */
  of(chain: readonly Uint8Array[]): readonly X509Certificate[] {
    // DER tells its own length, so that no two chains have the same text.
    let key = '';
    for (const der of chain) key += Buffer.from(der.buffer, der.byteOffset, der.byteLength).toString('latin1');
    let parsed = this.#chains.get(key);
    if (parsed === undefined) {
      parsed = chain.map((der) => new X509Certificate(Buffer.from(der)));
      this.#chains.set(key, parsed);
    }
    return parsed;
  }
}
