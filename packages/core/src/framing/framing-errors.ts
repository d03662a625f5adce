import { at } from '../endpoint-text.ts';
import type { Endpoint } from '../endpoint.ts';
import { SocketError } from '../errors.ts';
import type { Socket } from '../socket.ts';
import type { ByteQueue } from './byte-queue.ts';

/** `ERR_SOCK_LIMIT`: the peer sends more in one piece than is allowed. `found` says what was found, in words. */
export function overLimit(queue: ByteQueue, what: string, limit: number, found: string): SocketError<'ERR_SOCK_LIMIT'> {
  const { endpoint, length } = queue;
  return new SocketError(
    'ERR_SOCK_LIMIT',
    `${what}${at('from', endpoint)} is over its limit of ${limit} bytes: found ${found}; raise limit if such a peer is honest, else close`,
    { phase: 'recv', category: 'limit', endpoint, bytesMoved: length },
  );
}

/** `ERR_SOCK_UNEXPECTED_END`: the peer ended in the middle, or before the first byte, of what was asked for. */
export function endedEarly(queue: ByteQueue, wanted: string, moved: number = queue.length): SocketError<'ERR_SOCK_UNEXPECTED_END'> {
  const { endpoint } = queue;
  return new SocketError('ERR_SOCK_UNEXPECTED_END', `the peer${at('at', endpoint)} ended the stream after ${moved} bytes, before ${wanted}`, {
    phase: 'recv', category: 'protocol', endpoint, bytesMoved: moved,
  });
}

/** `ERR_SOCK_MALFORMED`: the bytes break the rules of their own format. */
export function malformed(queue: ByteQueue, why: string, cause?: unknown): SocketError<'ERR_SOCK_MALFORMED'> {
  const { endpoint, length } = queue;
  return new SocketError('ERR_SOCK_MALFORMED', `the peer${at('at', endpoint)} sent ${why}`, {
    phase: 'recv', category: 'protocol', endpoint, bytesMoved: length, cause,
  });
}

/** `ERR_SOCK_ARGUMENT`: the call makes no sense. */
export function argumentError(phase: 'recv' | 'send', message: string, endpoint?: Endpoint): SocketError<'ERR_SOCK_ARGUMENT'> {
  return new SocketError('ERR_SOCK_ARGUMENT', message, { phase, category: 'usage', endpoint });
}

/** @throws `ERR_SOCK_ARGUMENT` for what cannot be sent to */
export function checkSocket(what: string, socket: Socket): void {
  if (typeof (socket as Partial<Socket> | null | undefined)?.sendv !== 'function') throw argumentError('send', `${what} needs a Socket of @sock/core`);
}

/** `ERR_SOCK_LIMIT` of a writer, before anything was sent. */
export function tooLongToSend(what: string, limit: number, found: number, endpoint: Endpoint | undefined): SocketError<'ERR_SOCK_LIMIT'> {
  return new SocketError('ERR_SOCK_LIMIT', `${what}${at('to', endpoint)} has ${found} bytes, and its limit is ${limit}; nothing of it was sent`, {
    phase: 'send', category: 'limit', endpoint,
  });
}
