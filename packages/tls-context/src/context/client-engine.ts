import { isIP } from 'node:net';
import type { SecureContext } from 'node:tls';
import type { Endpoint } from '@sock/core';
import { isTcpEndpoint, parseEndpoint } from '@sock/core';
import { waives } from '../danger/waiver.ts';
import { RecentChains } from '../handshake/recent-chains.ts';
import { checkAlpn } from '../hello/alpn.ts';
import { optionFault } from '../material/option-fault.ts';
import type { Identity } from '../verify/expected-name.ts';
import { noName, toIdentity } from '../verify/expected-name.ts';
import type { VerifyRules } from '../verify/rules.ts';
import { asksOthers } from '../verify/rules.ts';
import type { BaseEngine } from './base-engine.ts';
import { loadBase } from './base-engine.ts';
import type { ClientContextOptions } from './client-context.ts';
import { checkContextOptions } from './context-options.ts';
import { ClientSessions } from '../session/client-sessions.ts';
import { ParsedChains } from '../session/parsed-chains.ts';
import { memorySessionStore } from '../session/memory-sessions.ts';
import { checkClientSessions } from '../session/session-options.ts';
import type { Replaceable } from './live.ts';

/** What a client upgrade is told about the server: its address or `"host:port"` (whose host is its name), or its name alone. */
export type ClientTarget = Endpoint | string | { readonly serverName: string } | undefined;

/** What a client's handshakes are made of. */
export interface ClientEngine extends BaseEngine, Replaceable {
  readonly secureContext: SecureContext;
  readonly alpn: readonly string[];
  /** Where sessions are kept, if they are. */
  readonly sessions: ClientSessions | undefined;
  /** Chains of servers that were seen, and of sessions. */
  readonly parsed: ParsedChains;
  /** Chains that are not read again at once; none where a function or a list of the program's own judges what was sent. */
  readonly recent: RecentChains | undefined;
  readonly sessionLifetimeMs: number;
  /** The option that it was made from. */
  readonly sessionOptions: ClientContextOptions['sessions'];
  /**
   * Whom to expect; `undefined` = anybody, where that was allowed.
   *
   * @throws `ERR_SOCK_TLS_NO_NAME`
   */
  expected(target: ClientTarget): Identity | undefined;
}

/** Loads and checks what a client is made of. */
export function loadClient(options: ClientContextOptions, previous: ClientEngine | undefined): ClientEngine {
  const values = checkContextOptions(options, ['serverName', 'sessions'], 'createClientContext()');
  const { serverName } = options;
  if (serverName !== undefined && typeof serverName !== 'string') throw optionFault('serverName', 'expected a server name or an address, as text');
  const fixed = serverName === undefined ? undefined : toIdentity(serverName, undefined);
  const alpn = checkAlpn(options.alpn);
  const base = loadBase(options, values, 'require', alpn);
  const anybody = waives(base.rules.danger, 'any-name');
  // Nothing that was let in by a waiver is remembered as if it had been verified.
  const kept = checkClientSessions(base.rules.danger?.allow.has('untrusted-chain') === true ? false : options.sessions, values.sessionCacheSize);
  const sessions = previous !== undefined && previous.sessionOptions === options.sessions && (previous.sessions === undefined) === (kept === undefined)
    ? previous.sessions
    : kept && new ClientSessions({ ...kept, store: kept.store ?? memorySessionStore(kept) });
  return {
    ...base,
    alpn,
    sessions,
    parsed: sessions?.parsed ?? new ParsedChains(),
    recent: judgesByItself(base.rules) ? new RecentChains() : undefined,
    sessionLifetimeMs: kept?.lifetimeMs ?? 0,
    sessionOptions: options.sessions,
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

/** Nobody outside of this package is told what a peer sent before it is accepted. */
function judgesByItself(rules: VerifyRules): boolean {
  return !asksOthers(rules) && rules.pins?.report === undefined && rules.danger === undefined;
}

function identityOf(target: ClientTarget): Identity {
  if (target === undefined) throw noName('the client was not told whom to expect', undefined);
  if (typeof target === 'string') return isName(target) ? toIdentity(target, undefined) : identityOf(parseEndpoint(target));
  if (typeof target !== 'object' || target === null) throw noName('the target is neither an endpoint nor a name', undefined);
  if ('serverName' in target) return toIdentity(target.serverName, undefined);
  if (isTcpEndpoint(target)) return toIdentity(target.host, target);
  throw noName('a connection without a host says nothing about whom to expect', target);
}

/** `localhost` and `::1` are names here, `localhost:443` is an endpoint. */
function isName(text: string): boolean {
  return !text.includes(':') || isIP(text) !== 0;
}
