import type { KeyObject } from 'node:crypto';
import { createPrivateKey } from 'node:crypto';
import { TlsConfigError } from '../errors.ts';
import type { Material } from './material.ts';
import { isDer, readMaterial } from './material.ts';
import { pemBlocks } from './pem.ts';

/** A private key and the words for where it stood. */
export interface LoadedKey {
  readonly key: KeyObject;
  readonly source: string;
}

/**
 * Reads a private key: PKCS#8, PKCS#1 or SEC 1, as PEM or DER, encrypted or not. A passphrase for a key that is not encrypted does no harm.
 *
 * @throws `ERR_SOCK_TLS_PASSPHRASE` when it is missing or wrong, `ERR_SOCK_TLS_KEY` when this is no key, `ERR_SOCK_TLS_MATERIAL`, `ERR_SOCK_TLS_PEM`
 */
export function loadPrivateKey(material: Material, option: string, passphrase: string | undefined): LoadedKey {
  const { bytes, source } = readMaterial(material, option);
  const given = passphrase === undefined ? {} : { passphrase };
  if (isDer(bytes)) return { key: fromDer(bytes, option, source, given), source };
  const found = pemBlocks(new TextDecoder().decode(bytes), option, source).find(({ label }) => label.endsWith('PRIVATE KEY'));
  if (found === undefined) throw new TlsConfigError('ERR_SOCK_TLS_KEY', option, `${source} has PEM blocks, but no private key among them`);
  const stood = `${source}, line ${found.line}`;
  try {
    return { key: createPrivateKey({ key: found.text, format: 'pem', ...given }), source: stood };
  } catch (error) {
    throw fault(found.label.startsWith('ENCRYPTED') || found.text.includes('Proc-Type: 4,ENCRYPTED'), option, stood, given, error);
  }
}

interface Given {
  readonly passphrase?: string;
}

function fromDer(bytes: Uint8Array, option: string, source: string, given: Given): KeyObject {
  const key = Buffer.from(bytes);
  let first: unknown;
  // DER does not say which of the three it is.
  for (const type of ['pkcs8', 'pkcs1', 'sec1'] as const) {
    try {
      return createPrivateKey({ key, format: 'der', type, ...given });
    } catch (error) {
      first ??= error;
    }
  }
  throw fault(isEncryptedDer(bytes), option, source, given, first);
}

/** An EncryptedPrivateKeyInfo begins with the SEQUENCE of its algorithm, every other key with the INTEGER of its version (RFC 5958). */
function isEncryptedDer(bytes: Uint8Array): boolean {
  const length = bytes[1] ?? 0;
  return bytes[length < 0x80 ? 2 : 2 + (length & 0x7f)] === 0x30;
}

/** OpenSSL's words never hold the passphrase, and ours do not either. */
function fault(encrypted: boolean, option: string, source: string, given: Given, cause: unknown): TlsConfigError {
  if (!encrypted) {
    const why = cause instanceof Error ? cause.message : String(cause);
    return new TlsConfigError('ERR_SOCK_TLS_KEY', option, `${source}: the key cannot be read (${why})`, cause);
  }
  const why = given.passphrase === undefined ? 'the key is encrypted: give its passphrase' : 'the passphrase does not open the key, or the key is damaged';
  return new TlsConfigError('ERR_SOCK_TLS_PASSPHRASE', option, `${source}: ${why}`, cause);
}
