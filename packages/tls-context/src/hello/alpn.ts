import { TlsConfigError } from '../errors.ts';

const MAX_PROTOCOLS = 16;
const MAX_BYTES = 255;

/**
 * Checks a list of application protocols (RFC 7301): 16 names at most, each of 1 to 255 bytes, none twice.
 *
 * @throws `ERR_SOCK_TLS_OPTION`
 */
export function checkAlpn(protocols: readonly string[] | undefined): readonly string[] {
  if (protocols === undefined) return [];
  if (protocols.length > MAX_PROTOCOLS) fail(`${protocols.length} protocols; ${MAX_PROTOCOLS} at most`);
  for (const name of protocols) {
    const bytes = typeof name === 'string' ? Buffer.byteLength(name) : 0;
    if (bytes < 1 || bytes > MAX_BYTES) fail(`${JSON.stringify(name)} has ${bytes} bytes; a protocol's name has 1 to ${MAX_BYTES}`);
  }
  if (new Set(protocols).size !== protocols.length) fail('a protocol stands twice in the list');
  return [...protocols];
}

function fail(why: string): never {
  throw new TlsConfigError('ERR_SOCK_TLS_OPTION', 'alpn', why);
}
