import type { ErrorCategory } from '@sock/core';
import { formatEndpoint } from '@sock/core';
import { ProxyError } from './proxy-error.ts';
import type { ResponseHead } from './response-head.ts';
import type { TunnelRequest } from './tunnel.ts';

/** The error for a status that is not 2xx. */
export function httpRefusal({ status, reason, headers }: ResponseHead, body: Uint8Array, { proxy, target }: TunnelRequest): ProxyError {
  const said = `status ${status}${reason === '' ? '' : ` ${reason}`}`;
  const answer = { endpoint: target, proxy, status, headers, body };
  // RFC 9110 has 407 for it; tinyproxy says 401 to wrong credentials.
  if (status === 407 || status === 401) {
    const schemes = (headers.get('proxy-authenticate') ?? 'none').replace(/[^\x20-\x7e]/g, '?').slice(0, 100);
    const message = `the HTTP proxy ${formatEndpoint(proxy)} wants credentials, or other ones (${said}; it offers ${schemes})`;
    return new ProxyError('ERR_SOCK_PROXY_AUTH', message, { phase: 'upgrade', category: 'access', ...answer });
  }
  const { words, category, retryable } = STATUSES[status] ?? otherwise(status);
  const message = `the HTTP proxy ${formatEndpoint(proxy)} opened no tunnel to ${formatEndpoint(target)}: ${words} (${said})`;
  return new ProxyError('ERR_SOCK_PROXY_REFUSED', message, { phase: 'connect', category, retryable, ...answer });
}

interface Meaning {
  readonly words: string;
  readonly category: ErrorCategory;
  readonly retryable: boolean;
}

/** RFC 9110, section 15, as proxies use it. */
const STATUSES: Readonly<Record<number, Meaning>> = {
  400: { words: 'it does not take the request', category: 'protocol', retryable: false },
  403: { words: 'its rules do not allow it', category: 'access', retryable: false },
  404: { words: 'it does not find the target; is it a proxy?', category: 'name', retryable: false },
  405: { words: 'it does not know the method CONNECT; is it a proxy?', category: 'protocol', retryable: false },
  408: { words: 'the request came too late', category: 'timeout', retryable: true },
  429: { words: 'there were too many requests', category: 'limit', retryable: true },
  451: { words: 'the law does not allow it', category: 'access', retryable: false },
  500: { words: 'general failure of the proxy', category: 'system', retryable: true },
  501: { words: 'it does not know the method CONNECT', category: 'protocol', retryable: false },
  502: { words: 'the target cannot be reached from it, or its name does not resolve there', category: 'unreachable', retryable: true },
  503: { words: 'it, or the target, takes no connection at the moment', category: 'refused', retryable: true },
  504: { words: 'the target did not answer it', category: 'timeout', retryable: true },
};

function otherwise(status: number): Meaning {
  if (status < 400) return { words: 'it sends the client elsewhere, which is not followed', category: 'protocol', retryable: false };
  return { words: 'it refused', category: 'refused', retryable: status >= 500 };
}
