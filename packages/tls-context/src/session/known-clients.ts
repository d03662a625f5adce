import type { X509Certificate } from 'node:crypto';
import type { TLSSocket } from 'node:tls';
import type { Endpoint } from '@sock/core';
import { at } from '@sock/core';
import { LRUCache } from 'lru-cache';
import { TlsError } from '../errors.ts';
import { peerChain } from '../handshake/peer.ts';
import { buildPath } from '../verify/path.ts';
import type { VerifyRules } from '../verify/rules.ts';
import { ParsedChains } from './parsed-chains.ts';

/**
 * The chains of clients that were verified. A ticket brings back a client's own certificate, but not what stood above it; and a ticket is
 * given out before the verification has ended, so that it proves nothing alone.
 */
export class KnownClients {
  readonly #chains: LRUCache<string, readonly X509Certificate[]>;
  readonly #parsed = new ParsedChains();

  constructor(maxEntries: number) {
    this.#chains = new LRUCache({ max: maxEntries });
  }

  /** Notes the chain of a client that was found good. */
  remember(chain: readonly X509Certificate[]): void {
    const [leaf] = chain;
    if (leaf !== undefined) this.#chains.set(leaf.fingerprint256, chain);
  }

  /**
   * The chain of the client of this connection. On a resumed one: as it was sent when it was verified here, or what can be built from its
   * own certificate and the authorities alone.
   *
   * @throws `ERR_SOCK_TLS_SESSION` when there is no such chain: another server has verified it, and its intermediates are not known here
   */
  chainOf(tls: TLSSocket, rules: VerifyRules, endpoint: Endpoint | undefined): readonly X509Certificate[] {
    const shown = peerChain(tls, this.#parsed);
    const [leaf] = shown;
    if (!tls.isSessionReused() || leaf === undefined) return shown;
    const known = this.#chains.get(leaf.fingerprint256);
    if (known !== undefined) return known;
    const path = buildPath(leaf, [], rules.anchors);
    if (path === undefined) throw unknownChain(endpoint);
    return path.length === 1 ? path : path.slice(0, -1);
  }
}

function unknownChain(endpoint: Endpoint | undefined): TlsError<'ERR_SOCK_TLS_SESSION'> {
  const message = `the client${at('at', endpoint)} resumed a session that another server had verified, and the intermediates of its certificate are not known here; give them as ca, too, or set once to false`;
  return new TlsError('ERR_SOCK_TLS_SESSION', message, { kind: 'verify', phase: 'verify', category: 'trust', retryable: true, endpoint });
}
