import type { CoreErrorCode, Endpoint } from '@sock/core';
import { at, SocketError } from '@sock/core';
import type { IoErrorCode } from '../errors.ts';
import { fromErrno } from '../errno.ts';
import type { SourceFile } from './source-file.ts';

/** The codes of a {@link SendfileError}: of the file, of the socket, of the call. */
export type SendfileErrorCode = CoreErrorCode | IoErrorCode;

/**
 * A file was not sent, or not all of it, or not as one state of it. `bytesMoved` bytes of it are in the socket's stream, no more and no
 * fewer, and another `sendfile` from `offset` on goes on exactly there: on the same socket. When the socket itself has failed, the peer
 * has got so many at most; how many, only the peer knows.
 */
export class SendfileError extends SocketError {
  declare readonly code: SendfileErrorCode;
  /** The file, as an absolute or relative path as it was given; `undefined` for a handle. */
  readonly path: string | undefined;
  /** The place in the file behind the last byte that was sent. */
  readonly offset: number;

  /**
   * @param error - what stopped it
   * @param begin - the place in the file of the first byte to send
   * @param offset - the place behind the last byte that the socket took
   */
  constructor(error: unknown, { name, path }: SourceFile, begin: number, offset: number, endpoint: Endpoint | undefined) {
    const { code, message, category, retryable, cause } = fromErrno(error, 'send', endpoint);
    const bytesMoved = offset - begin;
    super(code, `sendfile of ${name}${at('to', endpoint)} stopped at offset ${offset}, after ${bytesMoved} bytes: ${message}`, {
      // What this call said itself is in the message already; what the socket said is kept whole.
      phase: 'send', category, retryable, endpoint, bytesMoved, cause: OWN.has(code) ? cause : error,
    });
    this.path = path;
    this.offset = offset;
  }
}

const OWN: ReadonlySet<string> = /*#__PURE__*/ new Set<SendfileErrorCode>([
  'ERR_SOCK_ABORTED', 'ERR_SOCK_TIMEOUT', 'ERR_SOCK_FILE_ACCESS', 'ERR_SOCK_FILE_CHANGED', 'ERR_SOCK_FILE_KIND', 'ERR_SOCK_FILE_NOT_FOUND', 'ERR_SOCK_FILE_READ',
  'ERR_SOCK_FILE_TRUNCATED', 'ERR_SOCK_RESOURCES',
]);
