import { isIP } from 'node:net';
import type { SecureContext } from 'node:tls';
import type { Endpoint } from '@sock/core';
import { isTcpEndpoint, parseEndpoint } from '@sock/core';
import { waives } from '../danger/waiver.ts';
import { TlsConfigError } from '../errors.ts';
import { checkAlpn } from '../hello/alpn.ts';
import type { Identity } from '../verify/expected-name.ts';
import { noName, toIdentity } from '../verify/expected-name.ts';
import type { BaseEngine } from './base-engine.ts';
import { loadBase } from './base-engine.ts';
import type { ClientContextOptions } from './client-context.ts';
import { checkContextOptions } from './context-options.ts';
import type { Replaceable } from './live.ts';

/** What a client upgrade is told about the server: its address or `"host:port"` (whose host is its name), or its name alone. */
export type ClientTarget = Endpoint | string | { readonly serverName: string } | undefined;

/** What a client's handshakes are made of. */
export interface ClientEngine extends BaseEngine, Replaceable {
  readonly secureContext: SecureContext;
  readonly alpn: readonly string[];
  /**
   * Whom to expect; `undefined` = anybody, where that was allowed.
   *
   * @throws `ERR_SOCK_TLS_NO_NAME`
   */
  expected(target: ClientTarget): Identity | undefined;
}

/** Loads and checks what a client is made of. */
export function loadClient(options: ClientContextOptions): ClientEngine {
  const values = checkContextOptions(options, ['serverName'], 'createClientContext()');
  const { cert, key, serverName } = options;
  if ((cert === undefined) !== (key === undefined)) {
    throw new TlsConfigError('ERR_SOCK_TLS_OPTION', cert === undefined ? 'cert' : 'key', 'cert and key are given together, or neither');
  }
  const fixed = serverName === undefined ? undefined : toIdentity(serverName, undefined);
  const alpn = checkAlpn(options.alpn);
  const base = loadBase(options, values, 'require', alpn);
  const anybody = waives(base.rules.danger, 'any-name');
  return {
    ...base,
    alpn,
    secureContext: base.native(),
    expected: (target) => {
      try {
        return fixed ?? identityOf(target);
      } catch (error) {
        if (anybody) return undefined;
        throw error;
      }
    },
    close: () => {},
  };
}

function identityOf(target: ClientTarget): Identity {
  if (target === undefined) throw noName('the client was not told whom to expect', undefined);
  if (typeof target === 'string') return isName(target) ? toIdentity(target, undefined) : identityOf(parseEndpoint(target));
  if ('serverName' in target) return toIdentity(target.serverName, undefined);
  if (isTcpEndpoint(target)) return toIdentity(target.host, target);
  throw noName('a connection without a host says nothing about whom to expect', target);
}

/** `localhost` and `::1` are names here, `localhost:443` is an endpoint. */
function isName(text: string): boolean {
  return !text.includes(':') || isIP(text) !== 0;
}
