import { TlsConfigError } from '../errors.ts';

/** A fault of an option, as `ERR_SOCK_TLS_OPTION`. */
export function optionFault(option: string, why: string, cause?: unknown): TlsConfigError {
  return new TlsConfigError('ERR_SOCK_TLS_OPTION', option, why, cause);
}
