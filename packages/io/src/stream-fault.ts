import type { Endpoint } from '@sock/core';
import { SocketError } from '@sock/core';

// What can be wrong with a Node stream under a transport.

/** Node tells which system call failed. */
export function isOfWrite(error: unknown): boolean {
  return error instanceof Error && 'syscall' in error && (error.syscall === 'write' || error.syscall === 'writev');
}

/** `ERR_SOCK_STREAM`: the stream was told to make something else of its bytes. */
export function notBytes(chunk: unknown, endpoint: Endpoint | undefined): SocketError<'ERR_SOCK_STREAM'> {
  return new SocketError('ERR_SOCK_STREAM', `the stream gave a ${typeof chunk} instead of bytes: no setEncoding() and no object mode`, {
    phase: 'recv', category: 'usage', endpoint,
  });
}

/** `ERR_SOCK_RESET`: it closed before both sides had ended. */
export function brokenOff(endpoint: Endpoint | undefined): SocketError<'ERR_SOCK_RESET'> {
  return new SocketError('ERR_SOCK_RESET', 'the stream was destroyed before its end', {
    phase: 'recv', category: 'reset', retryable: true, endpoint,
  });
}
