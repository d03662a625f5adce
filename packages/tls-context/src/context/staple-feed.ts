import type { X509Certificate } from 'node:crypto';

/** Where a server's OCSP responses come from; made by `@sock/tls-context/revocation`. */
export interface Stapler {
  /**
   * Begins to keep a response for this certificate.
   *
   * @param issuer - the certificate that issued it, when the server's chain or `ca` has it
   */
  attach(leaf: X509Certificate, issuer: X509Certificate | undefined): StapleFeed;
}

/** The responses for one certificate. */
export interface StapleFeed {
  /** A response that is good now (DER), or `undefined`: then nothing is stapled. Never waits. */
  current(): Uint8Array | undefined;
  /** Stops fetching. */
  close(): void;
}
