/**
 * What went wrong, for programs:
 *
 * - `ERR_SOCK_DEV_CERTS_OPTION`: an option is unknown, has the wrong type, or contradicts another one.
 * - `ERR_SOCK_DEV_CERTS_NAME`: a DNS name, address, e-mail address, URI or common name cannot stand in a certificate.
 * - `ERR_SOCK_DEV_CERTS_VALIDITY`: the period of validity is empty, out of range, or longer than the issuer's.
 * - `ERR_SOCK_DEV_CERTS_PATH_LENGTH`: the authority may not have another authority beneath it.
 * - `ERR_SOCK_DEV_CERTS_WRITE`: a file could not be written; `cause` is the error of `node:fs`.
 */
export type DevCertsErrorCode =
  | 'ERR_SOCK_DEV_CERTS_OPTION'
  | 'ERR_SOCK_DEV_CERTS_NAME'
  | 'ERR_SOCK_DEV_CERTS_VALIDITY'
  | 'ERR_SOCK_DEV_CERTS_PATH_LENGTH'
  | 'ERR_SOCK_DEV_CERTS_WRITE';

/**
 * The only error that this package throws. The message names the option at fault, what was found there, and what is
 * allowed.
 */
export class DevCertsError extends Error {
  override readonly name: string = 'DevCertsError';
  /** Which kind of fault it is. */
  readonly code: DevCertsErrorCode;
  /** The option at fault as a path from the call's options, for example `names[1]`. */
  readonly option: string;

  constructor(code: DevCertsErrorCode, option: string, message: string, cause?: unknown) {
    super(`${option}: ${message}`, cause === undefined ? undefined : { cause });
    this.code = code;
    this.option = option;
  }
}

/** The error of a name, address or the like that cannot stand in a certificate. `what` goes on after "is". */
export function badName(option: string, found: string, what: string): DevCertsError {
  return new DevCertsError('ERR_SOCK_DEV_CERTS_NAME', option, `${JSON.stringify(found)} is ${what}`);
}
