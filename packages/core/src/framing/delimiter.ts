import { wrongOption } from '@sock/config';
import { copyOf } from '../concat.ts';

/** A longer one is no delimiter, and its table would cost memory. */
const LONGEST_DELIMITER_BYTES = 64 * 1024;

/** The bytes of a delimiter; text stands for its UTF-8. @throws `ERR_SOCK_CONFIG` when it is empty, too long or neither bytes nor text */
export function toDelimiter(what: string, delimiter: Uint8Array | string): Uint8Array {
  const bytes = typeof delimiter === 'string' ? new TextEncoder().encode(delimiter) : isBytes(delimiter) ? copyOf(delimiter) : undefined;
  if (bytes !== undefined && bytes.length > 0 && bytes.length <= LONGEST_DELIMITER_BYTES) return bytes;
  const found = bytes === undefined ? typeof delimiter : `${bytes.length} bytes`;
  throw wrongOption(what, 'delimiter', found, `text or bytes, 1 to ${LONGEST_DELIMITER_BYTES} of them`);
}

/** As everywhere: the `Uint8Array` of another realm is as good as ours. */
export function isBytes(value: unknown): value is Uint8Array {
  return value instanceof Uint8Array || Object.prototype.toString.call(value) === '[object Uint8Array]';
}
