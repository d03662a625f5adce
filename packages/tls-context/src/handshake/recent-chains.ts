import type { X509Certificate } from 'node:crypto';

/** Programs speak to few servers at a time; a chain that is not here is read. */
const MAX_CHAINS = 64;

/** A server that changes what it sends beside its own certificate is seen to do so after that, at the latest. */
const RECENT_MS = 10_000;

/** A chain, and when it was read from a connection. */
interface Recent {
  readonly chain: readonly X509Certificate[];
  readonly readAt: number;
}

/**
 * The chains of servers that were found good just now, by the server's own certificate. That one stands in the session, which Node gives in 5 µs; for those
 * above it, OpenSSL writes and reads each certificate anew, and that takes 850 µs, a quarter of all the work of a client.
 *
 * What stands above the own certificate is known to the world, and the server could have sent it again. So whoever is accepted with a remembered chain could
 * have been accepted anyway; the verdict of OpenSSL is always on what was sent. Whoever is refused with one is verified with what was sent.
 */
export class RecentChains {
  /** The one that was kept last stands first. */
  readonly #chains: Recent[] = [];
  readonly #now: () => number;

  /** @param now - the clock, in milliseconds. Default: **`performance.now`** */
  constructor(now: () => number = () => performance.now()) {
    this.#now = now;
  }

  /** @param leaf - the server's own certificate, DER */
  find(leaf: Uint8Array): readonly X509Certificate[] | undefined {
    const found = this.#chains.find(isOf(leaf));
    return found !== undefined && this.#now() - found.readAt < RECENT_MS ? found.chain : undefined;
  }

  /** Notes a chain that was read from the connection, its own certificate first, and found good. */
  keep(chain: readonly X509Certificate[]): void {
    const [leaf] = chain;
    if (leaf === undefined) return;
    const at = this.#chains.findIndex(isOf(leaf.raw));
    this.#chains.splice(at === -1 ? MAX_CHAINS - 1 : at, 1);
    this.#chains.unshift({ chain, readAt: this.#now() });
  }
}

function isOf(leaf: Uint8Array): (recent: Recent) => boolean {
  return ({ chain: [first] }) => first?.raw.equals(leaf) === true;
}
