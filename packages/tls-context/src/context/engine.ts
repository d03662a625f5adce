import { constants } from 'node:crypto';
import { createSecureContext } from 'node:tls';
import { checkAlpn } from '../hello/alpn.ts';
import { DEFAULT_CIPHERS } from '../material/cipher-suites.ts';
import type { ContextOptions } from './context-options.ts';
import { loadIdentity } from '../material/material.ts';
import type { EngineOptions } from '../handshake/node-tls.ts';
import type { TlsValues } from '../tls-section.ts';
import { loadAuthorities, trustDigest } from '../material/trust.ts';
import type { VerifyMode } from '../verify/verify-peer.ts';

/** What a context is in the end: what the engine is made of, and a digest of all that decides whom it trusts. */
export interface Engine {
  readonly options: EngineOptions;
  readonly trust: string;
}

/**
 * Loads and checks all that both roles take.
 *
 * @param own - what this role adds for the native context
 * @throws `ERR_SOCK_TLS_PEM`, `ERR_SOCK_TLS_MATERIAL`, `ERR_SOCK_TLS_KEY`, `ERR_SOCK_TLS_KEY_MISMATCH`, `ERR_SOCK_TLS_OPTION`
 */
export function loadEngine(
  { cert, key, passphrase, ca, alpn: protocols }: ContextOptions,
  { minVersion, maxVersion, maxChainDepth }: TlsValues,
  mode: VerifyMode,
  own: { readonly honorCipherOrder?: boolean; readonly secureOptions?: number } = {},
): Engine {
  const identity = cert === undefined || key === undefined ? undefined : loadIdentity(cert, key, passphrase);
  const authorities = ca === undefined ? undefined : loadAuthorities(ca);
  const alpn = checkAlpn(protocols);
  const secureContext = createSecureContext({
    ...own,
    minVersion,
    maxVersion,
    ciphers: DEFAULT_CIPHERS,
    // What a second handshake shows would not be verified again (TLS 1.2; TLS 1.3 has none).
    secureOptions: constants.SSL_OP_NO_RENEGOTIATION | (own.secureOptions ?? 0),
    ...(authorities === undefined ? {} : { ca: authorities }),
    ...(identity === undefined ? {} : { cert: identity.chainPem, key: identity.keyPem }),
  });
  const trust = trustDigest({ authorities, leaf: identity?.leaf.x509.fingerprint256, alpn, mode, minVersion, maxVersion, maxChainDepth });
  return { options: { secureContext, alpn }, trust };
}
