import type { CoreErrorCode, Endpoint, ErrorCategory, Phase } from '@sock/core';
import { formatEndpoint, isSocketError, SocketError } from '@sock/core';
import type { IoErrorCode } from './errors.ts';

/** One row: what an errno stands for. */
export interface ErrnoRow {
  readonly code: IoErrorCode | CoreErrorCode;
  readonly category: ErrorCategory;
  readonly retryable: boolean;
  /** What happened, then what to do. Follows the endpoint. */
  readonly words: string;
}

/** Every errno that a socket call gives, and what it is here. Anything else is `ERR_SOCK_SYSTEM`. */
export const ERRNO_TABLE: Readonly<Record<string, ErrnoRow>> = {
  ECONNREFUSED: { code: 'ERR_SOCK_REFUSED', category: 'refused', retryable: true, words: 'nothing listens there; is the server running, and on this port?' },
  EADDRINUSE: { code: 'ERR_SOCK_ADDRESS_IN_USE', category: 'usage', retryable: false, words: 'the address is in use; stop the other listener, choose another port (0 = any free one), or remove the socket file that it left' },
  EADDRNOTAVAIL: { code: 'ERR_SOCK_ADDRESS_NOT_AVAILABLE', category: 'usage', retryable: false, words: 'this machine has no such address, or no free port for it' },
  EACCES: { code: 'ERR_SOCK_ACCESS', category: 'access', retryable: false, words: 'permission denied; ports below 1024 and foreign paths need rights' },
  EPERM: { code: 'ERR_SOCK_ACCESS', category: 'access', retryable: false, words: 'not permitted; a firewall or a sandbox forbids it' },
  ENOENT: { code: 'ERR_SOCK_NOT_FOUND', category: 'refused', retryable: true, words: 'there is no such path; is the server running, and with this path?' },
  ENOTDIR: { code: 'ERR_SOCK_NOT_FOUND', category: 'usage', retryable: false, words: 'a part of the path is no directory' },
  ENOTSOCK: { code: 'ERR_SOCK_NOT_FOUND', category: 'usage', retryable: false, words: 'the path is not a socket' },
  ENOTFOUND: { code: 'ERR_SOCK_NAME', category: 'name', retryable: false, words: 'the name does not resolve; check the spelling' },
  EAI_NONAME: { code: 'ERR_SOCK_NAME', category: 'name', retryable: false, words: 'the name does not resolve; check the spelling' },
  ENODATA: { code: 'ERR_SOCK_NAME', category: 'name', retryable: false, words: 'the name has no address of the wanted family' },
  EAI_AGAIN: { code: 'ERR_SOCK_NAME', category: 'name', retryable: true, words: 'the name server did not answer; try again' },
  ENETUNREACH: { code: 'ERR_SOCK_UNREACHABLE', category: 'unreachable', retryable: true, words: 'no route to that network' },
  EHOSTUNREACH: { code: 'ERR_SOCK_UNREACHABLE', category: 'unreachable', retryable: true, words: 'no route to that host' },
  ENETDOWN: { code: 'ERR_SOCK_UNREACHABLE', category: 'unreachable', retryable: true, words: 'the network is down' },
  EHOSTDOWN: { code: 'ERR_SOCK_UNREACHABLE', category: 'unreachable', retryable: true, words: 'the host is down' },
  ECONNRESET: { code: 'ERR_SOCK_RESET', category: 'reset', retryable: true, words: 'the peer reset the connection' },
  EPIPE: { code: 'ERR_SOCK_RESET', category: 'reset', retryable: true, words: 'the peer no longer reads from the connection' },
  ECONNABORTED: { code: 'ERR_SOCK_RESET', category: 'reset', retryable: true, words: 'the connection was aborted' },
  ETIMEDOUT: { code: 'ERR_SOCK_TIMEOUT', category: 'timeout', retryable: true, words: 'the peer does not answer the network any more' },
  EMFILE: { code: 'ERR_SOCK_RESOURCES', category: 'limit', retryable: true, words: 'this process has no file descriptor left; raise ulimit -n or close sockets' },
  ENFILE: { code: 'ERR_SOCK_RESOURCES', category: 'limit', retryable: true, words: 'this machine has no file descriptor left' },
  ENOBUFS: { code: 'ERR_SOCK_RESOURCES', category: 'limit', retryable: true, words: 'the system has no buffer left' },
  ENOMEM: { code: 'ERR_SOCK_RESOURCES', category: 'limit', retryable: true, words: 'the system has no memory left' },
};

/**
 * The typed error for what `node:net` or `node:dns` reported, with the original as `cause`. A `SocketError` passes through.
 *
 * @param phase - what was being done; a failed name look-up is always `dns`
 */
export function fromErrno(error: unknown, phase: Phase, endpoint: Endpoint | undefined): SocketError {
  if (isSocketError(error)) return error;
  const errno = errnoOf(error);
  const row = Object.hasOwn(ERRNO_TABLE, errno) ? ERRNO_TABLE[errno] : undefined;
  const where = endpoint === undefined ? phase : `${phase} ${formatEndpoint(endpoint)}`;
  const realPhase = row?.category === 'name' ? 'dns' : phase;
  if (row === undefined) {
    const detail = error instanceof Error ? error.message : String(error);
    return new SocketError('ERR_SOCK_SYSTEM', `${where}: ${detail}`, { phase: realPhase, category: 'system', endpoint, cause: error });
  }
  const { code, category, retryable, words } = row;
  return new SocketError(code, `${where}: ${words} (${errno})`, { phase: realPhase, category, retryable, endpoint, cause: error });
}

function errnoOf(error: unknown): string {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : '';
}
