import { misuse } from './socket-error.ts';

/** `off`: plain text. `on`: TLS from the first byte. `starttls`: plain text until `startTls()`. */
export type SecureTransportKind = 'off' | 'on' | 'starttls';

/** Options of `connect`. As everywhere on the web platform, members that it does not know are ignored. */
export interface SocketOptions {
  /** Default: **that of the binding object, which is `off` unless it says otherwise** */
  readonly secureTransport?: SecureTransportKind | undefined;
  /**
   * `false`: when the reader of `readable` comes to the peer's end, `writable` and the socket are closed as well. `true`: `writable` goes on, and
   * the program closes the socket. Default: **false**
   */
  readonly allowHalfOpen?: boolean | undefined;
  /** The server name that TLS asks for, and that the server's certificate must be for; only with TLS. Default: **the host that is dialled** */
  readonly sni?: string | null | undefined;
  /** The application protocols that TLS offers (ALPN), the preferred first; only with TLS. Default: **those of the binding object** */
  readonly alpn?: readonly string[] | undefined;
}

/** {@link SocketOptions}, checked. */
export interface CheckedOptions {
  readonly secureTransport: SecureTransportKind;
  readonly allowHalfOpen: boolean;
  readonly sni: string | undefined;
  /** Empty when none were given. */
  readonly alpn: readonly string[];
}

const KINDS: readonly SecureTransportKind[] = ['off', 'on', 'starttls'];

/**
 * Checks options, and completes them.
 *
 * @throws `SocketError` with `ERR_SOCK_ARGUMENT`
 */
export function checkOptions(options: SocketOptions | null | undefined, fallback: SecureTransportKind): CheckedOptions {
  if ((options ?? undefined) !== undefined && typeof options !== 'object') throw misuse(`options is a ${typeof options} and no object`);
  const { allowHalfOpen, secureTransport = fallback } = options ?? {};
  kindOf(secureTransport);
  const sni = options?.sni ?? undefined;
  if (sni !== undefined && (typeof sni !== 'string' || sni === '')) throw misuse('sni: it is no server name');
  const alpn = protocolsOf(options?.alpn);
  if (secureTransport === 'off') {
    const without = sni !== undefined ? 'sni' : alpn.length > 0 ? 'alpn' : undefined;
    if (without !== undefined) throw misuse(`${without}: it is for TLS; give secureTransport "on" or "starttls" with it, or leave it out`);
  }
  return { secureTransport, allowHalfOpen: Boolean(allowHalfOpen), sni, alpn };
}

/** @throws `SocketError` with `ERR_SOCK_ARGUMENT` */
export function kindOf(kind: SecureTransportKind): SecureTransportKind {
  const shown = typeof kind === 'string' ? `"${kind}"` : `a ${typeof kind}`;
  if (!KINDS.includes(kind)) throw misuse(`secureTransport: ${shown} is none of ${KINDS.map((known) => `"${known}"`).join(', ')}`);
  return kind;
}

/** What a name or a list of them may be is checked by the layer that sends them; here only that it is a list of names. */
function protocolsOf(alpn: readonly string[] | undefined): readonly string[] {
  if (alpn === undefined) return [];
  const iterable = typeof alpn === 'object' && (alpn as unknown) !== null && Symbol.iterator in alpn;
  const protocols: unknown[] = iterable ? [...alpn] : [''];
  if (protocols.some((name) => typeof name !== 'string' || name === '')) throw misuse('alpn: it is no list of protocol names');
  return protocols as string[];
}
