import type { Endpoint, ErrorFacts } from '@sock/core';
import { SocketError } from '@sock/core';
import type { IoErrorCode } from '../errors.ts';

/** What a proxy said, beside the words of the message. */
export interface ProxyAnswer {
  /** The proxy that said it. */
  readonly proxy: Endpoint;
  /** The reply field of SOCKS5 (RFC 1928, section 6): 1 to 255. */
  readonly reply?: number | undefined;
  /** The status of an HTTP proxy: 300 to 599. */
  readonly status?: number | undefined;
  /** The header fields of that response, names in small letters; repeated ones are joined by `, `. */
  readonly headers?: ReadonlyMap<string, string> | undefined;
  /** What came of the body, as it was sent, up to `maxBodyBytes`. Text of a stranger: not to be shown as it is. */
  readonly body?: Uint8Array | undefined;
}

/**
 * A proxy opened no tunnel: it refused (`ERR_SOCK_PROXY_REFUSED`, `category` says why), wants other credentials (`ERR_SOCK_PROXY_AUTH`),
 * or speaks something else (`ERR_SOCK_PROXY_PROTOCOL`). `endpoint` is the target.
 */
export class ProxyError extends SocketError<'ERR_SOCK_PROXY_AUTH' | 'ERR_SOCK_PROXY_PROTOCOL' | 'ERR_SOCK_PROXY_REFUSED'> implements ProxyAnswer {
  readonly proxy: Endpoint;
  readonly reply: number | undefined;
  readonly status: number | undefined;
  readonly headers: ReadonlyMap<string, string> | undefined;
  readonly body: Uint8Array | undefined;

  constructor(code: Extract<IoErrorCode, `ERR_SOCK_PROXY_${'AUTH' | 'PROTOCOL' | 'REFUSED'}`>, message: string, facts: ErrorFacts & ProxyAnswer) {
    super(code, message, facts);
    this.proxy = facts.proxy;
    this.reply = facts.reply;
    this.status = facts.status;
    this.headers = facts.headers;
    this.body = facts.body;
  }
}

/**
 * What is wrong with a PROXY header:
 * - `missing`: the bytes begin with something else, or the stream ended before any
 * - `version`: it is of a version that is not accepted here
 * - `cut`: the stream ended in its middle
 * - `too-long`: longer than 107 bytes (version 1) or `maxBytes` (version 2)
 * - `malformed`: it breaks the rules of its version
 * - `checksum`: its CRC32c does not agree with its bytes
 */
export type HeaderFault = 'missing' | 'version' | 'cut' | 'too-long' | 'malformed' | 'checksum';

/** A connection began with a PROXY header that is not right, or without one. */
export class ProxyHeaderError extends SocketError<'ERR_SOCK_PROXY_HEADER'> {
  readonly reason: HeaderFault;

  constructor(reason: HeaderFault, message: string, endpoint: Endpoint | undefined, cause?: unknown) {
    super('ERR_SOCK_PROXY_HEADER', message, { phase: 'upgrade', category: 'protocol', endpoint, cause });
    this.reason = reason;
  }
}
