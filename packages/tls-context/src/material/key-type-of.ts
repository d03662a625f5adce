import type { KeyObject } from 'node:crypto';
import { TlsConfigError } from '../errors.ts';

/** The kinds of key that a TLS certificate can have here; each goes with signature schemes of RFC 8446, section 4.2.3. */
export type KeyType = 'rsa' | 'rsa-pss' | 'ec-p256' | 'ec-p384' | 'ec-p521' | 'ed25519' | 'ed448';

/**
 * The kind of a private or public key.
 *
 * @throws `ERR_SOCK_TLS_KEY` for a kind that no TLS 1.3 peer takes: DSA, Diffie-Hellman, another curve
 */
export function keyTypeOf(key: KeyObject, option: string, source: string): KeyType {
  const curve = key.asymmetricKeyDetails?.namedCurve;
  const name = key.asymmetricKeyType === 'ec' ? `ec:${curve}` : key.asymmetricKeyType;
  const type = KEY_TYPES.get(String(name));
  if (type !== undefined) return type;
  const found = key.asymmetricKeyType === 'ec' ? `an elliptic curve key on ${curve ?? 'a curve without a name'}` : `a key of type ${String(key.asymmetricKeyType)}`;
  throw new TlsConfigError(
    'ERR_SOCK_TLS_KEY', option,
    `${source} is ${found}: make one on P-256, P-384 or P-521, an Ed25519 or Ed448 one, or RSA of 2048 bits or more, and have it certified`,
  );
}

const KEY_TYPES: ReadonlyMap<string, KeyType> = /*#__PURE__*/ new Map<string, KeyType>([
  ['rsa', 'rsa'],
  ['rsa-pss', 'rsa-pss'],
  ['ec:prime256v1', 'ec-p256'],
  ['ec:secp384r1', 'ec-p384'],
  ['ec:secp521r1', 'ec-p521'],
  ['ed25519', 'ed25519'],
  ['ed448', 'ed448'],
]);
