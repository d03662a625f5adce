import type { ErrorCategory } from '@sock/core';
import { formatEndpoint } from '@sock/core';
import { ProxyError } from './proxy-error.ts';
import type { TunnelRequest } from './tunnel.ts';

/** The error for a reply that is not 0. Codes above 8 are not assigned (Tor uses some of them). */
export function socks5Refusal(reply: number, { proxy, target }: TunnelRequest): ProxyError {
  const { words, category, retryable } = REPLIES[reply] ?? { words: 'a reason that RFC 1928 does not name', category: 'refused', retryable: false };
  const message = `the SOCKS5 proxy ${formatEndpoint(proxy)} opened no connection to ${formatEndpoint(target)}: ${words} (reply ${reply})`;
  return new ProxyError('ERR_SOCK_PROXY_REFUSED', message, { phase: 'connect', category, retryable, endpoint: target, proxy, reply });
}

interface Reply {
  readonly words: string;
  readonly category: ErrorCategory;
  readonly retryable: boolean;
}

/** RFC 1928, section 6. */
const REPLIES: Readonly<Record<number, Reply>> = {
  1: { words: 'general failure of the proxy', category: 'system', retryable: true },
  2: { words: 'its rules do not allow it', category: 'access', retryable: false },
  3: { words: 'the network cannot be reached from it', category: 'unreachable', retryable: true },
  4: { words: 'the host cannot be reached from it, or its name does not resolve there', category: 'unreachable', retryable: true },
  5: { words: 'nothing listens there', category: 'refused', retryable: true },
  6: { words: 'the way there is too long (TTL expired), or the target did not answer', category: 'timeout', retryable: true },
  7: { words: 'it does not know the command CONNECT', category: 'protocol', retryable: false },
  8: { words: 'it does not know addresses of this type', category: 'protocol', retryable: false },
};
