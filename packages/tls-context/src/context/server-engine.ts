import { constants } from 'node:crypto';
import type { SecureContext } from 'node:tls';
import { TlsConfigError } from '../errors.ts';
import { checkAlpn } from '../hello/alpn.ts';
import type { VerifyMode } from '../verify/rules.ts';
import type { BaseEngine } from './base-engine.ts';
import { loadBase } from './base-engine.ts';
import { checkContextOptions } from './context-options.ts';
import type { Replaceable } from './live.ts';
import type { ServerContextOptions } from './server-context.ts';

/** What a server's handshakes are made of. */
export interface ServerEngine extends BaseEngine, Replaceable {
  readonly secureContext: SecureContext;
  readonly alpn: readonly string[];
}

/** Loads and checks what a server is made of. */
export function loadServer(options: ServerContextOptions): ServerEngine {
  const values = checkContextOptions(options, ['verify'], 'createServerContext()');
  const { cert, key, ca, verify: mode = ca === undefined ? 'none' : 'require' } = options;
  if (cert === undefined || key === undefined) {
    throw new TlsConfigError('ERR_SOCK_TLS_OPTION', cert === undefined ? 'cert' : 'key', 'a server needs a certificate and its key');
  }
  checkMode(mode, ca !== undefined);
  const alpn = checkAlpn(options.alpn);
  const base = loadBase(options, values, mode, alpn);
  const secureContext = base.native({
    // The server knows its own machine; the client's order is often no choice at all.
    honorCipherOrder: true,
    // A resumed session shows no certificate: until sessions carry a verified one, a server that asks for them resumes none.
    secureOptions: mode === 'none' ? 0 : constants.SSL_OP_NO_TICKET,
  });
  return { ...base, secureContext, alpn, close: () => {} };
}

function checkMode(mode: VerifyMode, hasAuthorities: boolean): void {
  if (mode !== 'none' && mode !== 'peer' && mode !== 'require') {
    throw new TlsConfigError('ERR_SOCK_TLS_OPTION', 'verify', `${JSON.stringify(mode)} is none of none, peer, require`);
  }
  if (mode === 'none' && hasAuthorities) {
    throw new TlsConfigError('ERR_SOCK_TLS_OPTION', 'ca', 'authorities are given, but verify "none" never uses them');
  }
  if (mode !== 'none' && !hasAuthorities) {
    throw new TlsConfigError('ERR_SOCK_TLS_OPTION', 'ca', `verify "${mode}" needs the authorities of the clients: any public authority would do otherwise`);
  }
}
