/** Something in a file that cannot be read or is not taken; the reader puts the file's name before it. */
export class Pkcs12Fault extends Error {
  readonly code: 'ERR_SOCK_TLS_KEY' | 'ERR_SOCK_TLS_KEY_MISMATCH' | 'ERR_SOCK_TLS_MATERIAL' | 'ERR_SOCK_TLS_PASSPHRASE';

  constructor(code: Pkcs12Fault['code'], message: string, cause?: unknown) {
    super(message, { cause });
    this.code = code;
  }
}

/** The structure is not what RFC 7292 says. */
export function damaged(what: string, cause?: unknown): Pkcs12Fault {
  return new Pkcs12Fault('ERR_SOCK_TLS_MATERIAL', `it is no PKCS#12 file, or a damaged one: ${what}`, cause);
}

/** It is what RFC 7292 says, but by means that are not taken. */
export function unsupported(what: string): Pkcs12Fault {
  return new Pkcs12Fault('ERR_SOCK_TLS_MATERIAL', `it uses ${what}, which is not taken: make it again with "openssl pkcs12 -export"`);
}
