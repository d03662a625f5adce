import type { BytesField, ByteSize, Duration, DurationField, Section } from '@sock/config';
import { bytes, duration, section } from '@sock/config';
import type { Cancel, Endpoint, Socket, Upgrade } from '@sock/core';
import { at, Budget, formatEndpoint, isSocketError, SocketError } from '@sock/core';
import { PROXY_INFO } from './proxy-info.ts';
import type { HeaderLimits } from './read-header.ts';
import { readHeader } from './read-header.ts';
import { relabelled } from './relabelled-transport.ts';
import type { ProxyTrust } from './trust.ts';
import { trustRule } from './trust.ts';
import { checkObject, optionFault } from './tunnel-options.ts';

/** Options of {@link proxyProtocol}. */
export interface ProxyProtocolOptions {
  /** The version that is accepted. Default: **`any`** */
  readonly version?: 1 | 2 | 'any' | undefined;
  /**
   * A connection without a header is refused. With `false` it is served under its real addresses, so that whoever may connect decides whether it speaks for
   * itself; and a peer that waits for the server to speak first waits for `headerTimeout`. Default: **true**, as the specification demands
   */
  readonly required?: boolean | undefined;
  /**
   * Whose header is believed, by the real address of the peer. Others are refused: with `required` before a byte is read, else when they send one.
   * Default: **`['local', 'loopback', 'private']`**: who is believed can claim any address
   */
  readonly trust?: ProxyTrust | undefined;
  /** Time for the whole header. 1 ms to 1 min. Default: **5 s**: the specification wants 3 s at least, for a packet that was lost */
  readonly headerTimeout?: Duration | undefined;
  /** The most that a header of version 2 may have; one of version 1 has 107 bytes at most. 232 B (Unix addresses) to 65,551 B. Default: **4 KiB**: room for names, not for certificates */
  readonly maxHeaderBytes?: ByteSize | undefined;
}

/**
 * Reads the PROXY header (version 1 or 2, by HAProxy) at the beginning of an accepted connection. The socket above it has the announced addresses as `remote` and
 * `local` (the real ones for `LOCAL` and `UNKNOWN`), and the fact `PROXY_INFO`. Bytes behind the header are the stream's. TLS goes on top.
 *
 * @throws `ERR_SOCK_CONFIG`, `ERR_SOCK_ARGUMENT` for options. Upgrading throws `ERR_SOCK_PROXY_HEADER` with `reason`, `ERR_SOCK_PROXY_UNTRUSTED`,
 * `ERR_SOCK_TIMEOUT`, `ERR_SOCK_ABORTED`, `ERR_SOCK_RESET`
 * @example
 * ```ts
 * const behindProxy = upgradeListener(await listen('[::]:8443'), proxyProtocol({ version: 2, trust: ['10.0.0.0/24'] }));
 * const listener = upgradeListener(behindProxy, createServerContext({ cert, key }));
 * ```
 */
export function proxyProtocol(options: ProxyProtocolOptions = {}): Upgrade<Endpoint | undefined> {
  checkObject('proxyProtocol()', options);
  const { version = 'any', required = true, trust = ['local', 'loopback', 'private'], ...rest } = options;
  if (version !== 1 && version !== 2 && version !== 'any') throw optionFault('proxyProtocol()', 'version', 'takes 1, 2 or "any"');
  if (typeof required !== 'boolean') throw optionFault('proxyProtocol()', 'required', 'takes true or false');
  const { headerTimeout, maxHeaderBytes } = proxyProtocolSection.resolve(rest, 'proxyProtocol()');
  const trusts = trustRule(trust);
  const limits: HeaderLimits = { version, required, maxHeaderBytes };
  return {
    name: 'proxy',
    key: () => '',
    upgrade: async (socket, _, cancel) => await announced(socket, limits, trusts, headerTimeout, cancel),
  };
}

interface ProxyProtocolFields {
  readonly headerTimeout: DurationField;
  readonly maxHeaderBytes: BytesField;
}

const proxyProtocolSection: Section<'proxyProtocol', ProxyProtocolFields> = /*#__PURE__*/ section('proxyProtocol', {
  headerTimeout: /*#__PURE__*/ duration({ default: '5s', min: '1ms', max: '1m', doc: 'Time for the whole PROXY header' }),
  maxHeaderBytes: /*#__PURE__*/ bytes({ default: '4KiB', min: 232, max: 65_551, doc: 'The most that a PROXY header of version 2 may have' }),
});

async function announced(socket: Socket, limits: HeaderLimits, trusts: (remote: Endpoint | undefined) => boolean, headerTimeout: number, cancel: Cancel | undefined): Promise<Socket> {
  const { local, remote } = socket;
  const trusted = trusts(remote);
  if (!trusted && limits.required) throw untrusted(remote);
  const budget = new Budget(new Budget(cancel).rest(headerTimeout));
  try {
    const header = await readHeader(socket, limits, () => budget.rest());
    if (header === undefined) return relabelled(await socket.detach(budget.rest()), { local, remote, facts: new Map() });
    if (!trusted) throw untrusted(remote);
    const info = { ...header, real: { local, remote } };
    // What a proxy does not know of stays what it is.
    const labels = { local: info.destination ?? local, remote: info.source ?? remote, facts: new Map([[PROXY_INFO.symbol, info]]) };
    return relabelled(await socket.detach(budget.rest()), labels);
  } catch (error) {
    throw isSocketError(error, 'ERR_SOCK_TIMEOUT') ? tooSlow(remote, headerTimeout, error) : error;
  }
}

function untrusted(remote: Endpoint | undefined): SocketError<'ERR_SOCK_PROXY_UNTRUSTED'> {
  const message = `${remote === undefined ? 'a peer without an address' : formatEndpoint(remote)} may not speak for others by a PROXY header; if it is the proxy, add its address to trust`;
  return new SocketError('ERR_SOCK_PROXY_UNTRUSTED', message, { phase: 'upgrade', category: 'access', endpoint: remote });
}

function tooSlow(remote: Endpoint | undefined, headerTimeout: number, cause: unknown): SocketError<'ERR_SOCK_TIMEOUT'> {
  const message = `no whole PROXY header came${at('from', remote)} within the time for it (headerTimeout ${headerTimeout} ms, and what the call has left); does the peer send one?`;
  return new SocketError('ERR_SOCK_TIMEOUT', message, { phase: 'upgrade', category: 'timeout', retryable: true, endpoint: remote, cause });
}
