import type { KeyObject } from 'node:crypto';
import { createPrivateKey, X509Certificate } from 'node:crypto';
import { TlsConfigError } from '../../errors.ts';
import { orderChain } from '../chain-order.ts';
import { readMaterial } from '../material.ts';
import type { Pkcs12Content, Pkcs12Source } from '../pkcs12-source.ts';
import { count, decode, explicit, octets, oid, sequence } from './asn1.ts';
import { damaged, Pkcs12Fault, unsupported } from './pkcs12-fault.ts';
import { checkMac } from './integrity.ts';
import { passphraseForms } from './passphrase.ts';
import type { Bags } from './safe-bags.ts';
import { readSafes } from './safe-bags.ts';

/** Larger than any file that holds one key and its chain. */
const MAX_BYTES = 1024 * 1024;

/**
 * A certificate with its chain and key from a PKCS#12 file (`.p12`, `.pfx`; RFC 7292), for the option `pfx` of a context. The file is read
 * when the context is made, and again when the context reloads its files. It must be guarded by a MAC, and encrypted by AES or 3DES.
 *
 * @param passphrase - opens the file. Default: **an empty one**
 * @throws `ERR_SOCK_TLS_MATERIAL` when the material is neither bytes nor `{ file }`; what the file itself is refused for, `load()` throws
 */
export function pkcs12(material: Uint8Array | { readonly file: string }, passphrase?: string): Pkcs12Source {
  const given = material as { readonly file?: unknown } | null | undefined;
  if (!(material instanceof Uint8Array) && typeof given?.file !== 'string') throw new TlsConfigError('ERR_SOCK_TLS_MATERIAL', 'pfx', 'expected the bytes of a PKCS#12 file, or { file }');
  if (passphrase !== undefined && typeof passphrase !== 'string') throw new TlsConfigError('ERR_SOCK_TLS_PASSPHRASE', 'pfx', 'the passphrase is no text');
  return {
    files: material instanceof Uint8Array ? [] : [material.file],
    load: (option = 'pfx') => {
      const { bytes, source } = readMaterial(material, option);
      try {
        return contentOf(bytes, passphrase);
      } catch (error) {
        if (error instanceof Pkcs12Fault) throw new TlsConfigError(error.code, option, `${source}: ${error.message}`, error.cause);
        throw error;
      }
    },
  };
}

/**
 * Node's own option `pfx` would read the file too, but it puts every certificate beside the leaf into the store of trusted ones: a chain
 * that is sent to peers would then decide which peers are trusted.
 */
function contentOf(bytes: Uint8Array, passphrase: string | undefined): Pkcs12Content {
  if (bytes.length > MAX_BYTES) throw damaged(`${bytes.length} bytes; ${MAX_BYTES} at most`);
  if (bytes[0] === 0x2d) throw damaged('it is PEM text: give it as cert and key');
  const [version, authSafe, macData] = sequence(decode(bytes, 'the file'), 'the file');
  if (count(version, 'the version') !== 3) throw damaged('its version is not 3');
  const [type, held] = sequence(authSafe, 'the file');
  if (oid(type, 'the kind of the file') !== '1.2.840.113549.1.7.1') throw unsupported('a signature in place of a MAC');
  const content = octets(explicit(held, 0, 'the content'), 'the content');
  // Before anything within is believed.
  const right = checkMac(macData, content, passphraseForms(passphrase), passphrase !== undefined && passphrase !== '');
  return sorted(readSafes(content, right));
}

function sorted({ certs, keys }: Bags): Pkcs12Content {
  const key = onlyKey(keys);
  const loaded = [...new Map(certs.map((der) => [Buffer.from(der).toString('base64'), certificate(der)])).values()];
  if (loaded.length === 0) throw new Pkcs12Fault('ERR_SOCK_TLS_MATERIAL', 'it has no certificate: make it again with "openssl pkcs12 -export -in chain.pem -inkey key.pem"');
  const own = loaded.filter(({ x509 }) => x509.checkPrivateKey(key));
  const [leaf] = own;
  if (leaf === undefined) throw new Pkcs12Fault('ERR_SOCK_TLS_KEY_MISMATCH', 'none of its certificates belongs to its key');
  if (own.length > 1) throw new Pkcs12Fault('ERR_SOCK_TLS_MATERIAL', `it has ${own.length} certificates for its key: keep the one that is meant`);
  const { chain, foreign } = orderChain(leaf, loaded.filter((one) => one !== leaf));
  return { key, certs: [...chain, ...foreign].map(({ x509 }) => new Uint8Array(x509.raw)) };
}

function onlyKey(keys: readonly Uint8Array[]): KeyObject {
  const [der] = keys;
  if (der === undefined) throw new Pkcs12Fault('ERR_SOCK_TLS_KEY', 'it has no private key: make it again with "-inkey key.pem", and without "-nokeys"');
  if (keys.length > 1) throw new Pkcs12Fault('ERR_SOCK_TLS_KEY', `it has ${keys.length} private keys: make a file for each, and give the one that is meant`);
  try {
    return createPrivateKey({ key: Buffer.from(der), format: 'der', type: 'pkcs8' });
  } catch (error) {
    throw new Pkcs12Fault('ERR_SOCK_TLS_KEY', 'its private key cannot be read', error);
  }
}

function certificate(der: Uint8Array): { readonly x509: X509Certificate } {
  try {
    return { x509: new X509Certificate(der) };
  } catch (error) {
    throw damaged('one of its certificates cannot be read', error);
  }
}
