import type { KeyObject } from 'node:crypto';

/** What a PKCS#12 file held. */
export interface Pkcs12Content {
  /** DER. The key's own certificate first, then each one's issuer; what belongs to no chain of the key stands at the end. */
  readonly certs: readonly Uint8Array[];
  readonly key: KeyObject;
}

/**
 * A PKCS#12 file that can be read, made by `pkcs12()` of `@sock/tls-context/pkcs12`: this interface stands apart so that a program
 * without such a file never loads the reader.
 */
export interface Pkcs12Source {
  /** The file, for watching; empty when bytes were given. */
  readonly files: readonly string[];
  /**
   * Reads it, the file anew at every call.
   *
   * @param option - names the option in errors. Default: **`'pfx'`**
   * @throws `ERR_SOCK_TLS_PASSPHRASE`, `ERR_SOCK_TLS_MATERIAL`, `ERR_SOCK_TLS_KEY`, `ERR_SOCK_TLS_KEY_MISMATCH`
   */
  load(option?: string): Pkcs12Content;
}
