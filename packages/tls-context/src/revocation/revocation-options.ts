import { nearestName } from '@sock/config';
import { TlsConfigError } from '../errors.ts';

/**
 * Refuses an option that does not exist.
 *
 * @throws `ERR_SOCK_TLS_OPTION` with the nearest one that does
 */
export function onlyKnown(options: object, known: readonly string[], where: string): void {
  if (typeof options !== 'object' || options === null) throw new TlsConfigError('ERR_SOCK_TLS_OPTION', 'options', `${where} takes an object of options`);
  for (const name of Object.keys(options)) {
    if (known.includes(name)) continue;
    const nearest = nearestName(name, known);
    throw new TlsConfigError('ERR_SOCK_TLS_OPTION', name, `${where} has no such option${nearest === undefined ? '' : `; did you mean ${nearest}?`}`);
  }
}
