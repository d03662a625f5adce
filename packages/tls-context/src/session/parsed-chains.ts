import { X509Certificate } from 'node:crypto';

/** Programs speak to few servers at a time; a chain that is not here is parsed again. */
const MAX_CHAINS = 64;

/**
 * Chains that stand beside sessions as DER, parsed. OpenSSL takes long to read a certificate, longer than for the whole rest of a resumed handshake, and
 * the certificates of a server are the same each time. Found by all their bytes: a store that answers with others gets what those say.
 */
export class ParsedChains {
  /** The one that was asked for last stands first: a look at the bytes of a few costs less than a key made of the bytes. */
  readonly #chains: (readonly X509Certificate[])[] = [];

  /** @throws what `X509Certificate` throws for bytes that are none */
  of(chain: readonly Uint8Array[]): readonly X509Certificate[] {
    const at = this.#chains.findIndex((one) => isMadeOf(one, chain));
    if (at === 0) return this.#chains[0] as readonly X509Certificate[];
    const [parsed] = at === -1 ? [chain.map((der) => new X509Certificate(Buffer.from(der)))] : this.#chains.splice(at, 1);
    this.#chains.unshift(parsed as readonly X509Certificate[]);
    if (this.#chains.length > MAX_CHAINS) this.#chains.pop();
    return parsed as readonly X509Certificate[];
  }
}

function isMadeOf(parsed: readonly X509Certificate[], chain: readonly Uint8Array[]): boolean {
  return parsed.length === chain.length && parsed.every((one, index) => one.raw.equals(chain[index] as Uint8Array));
}
