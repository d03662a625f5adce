import type { FileHandle } from 'node:fs/promises';
import type { Socket } from '@sock/core';
import { Budget, SocketError } from '@sock/core';
import { fileFault } from './file-fault.ts';
import { FilePump } from './file-pump.ts';
import { SendfileError } from './sendfile-error.ts';
import type { SendfileOptions, SendfileResult } from './sendfile-options.ts';
import { sendfileSection } from './sendfile-options.ts';
import { SourceFile } from './source-file.ts';

/**
 * Sends a regular file, or a part of it, behind earlier sends; the same over every kind of socket. Reads ahead while it writes, with at most
 * `maxInFlight` buffers of `chunkSize`. Resolves when all of it was written to the operating system. What others send on this socket
 * meanwhile comes between its chunks.
 *
 * However it fails, the error has `bytesMoved` and `offset`: exactly so many bytes of the file are in the stream, and
 * `sendfile(socket, file, { offset: error.offset })` goes on there. What the socket has taken leaves even when the call was cancelled.
 *
 * @param file - a path, a `file:` URL, or a handle, which is neither closed nor moved
 * @throws {SendfileError} `ERR_SOCK_FILE_NOT_FOUND`, `ERR_SOCK_FILE_ACCESS`, `ERR_SOCK_FILE_KIND`, `ERR_SOCK_FILE_READ`, `ERR_SOCK_FILE_TRUNCATED`,
 * `ERR_SOCK_FILE_CHANGED`, `ERR_SOCK_RESOURCES`, `ERR_SOCK_TIMEOUT`, `ERR_SOCK_ABORTED`, and what `send` throws
 * @throws `ERR_SOCK_CONFIG`, `ERR_SOCK_ARGUMENT` for options and arguments, before anything happens
 * @example
 * ```ts
 * const { bytesSent } = await sendfile(socket, '/srv/image.iso', { timeout: '10m' });
 * ```
 */
export async function sendfile(socket: Socket, file: string | URL | FileHandle, options: SendfileOptions = {}): Promise<SendfileResult> {
  checkArguments(socket, options);
  const { signal, timeout, onProgress, ...rest } = options;
  const values = sendfileSection.resolve(rest, 'sendfile()');
  if (onProgress !== undefined && typeof onProgress !== 'function') throw new SocketError('ERR_SOCK_ARGUMENT', `sendfile: onProgress is ${typeof onProgress}, no function`, { phase: 'config', category: 'usage' });
  const budget = new Budget({ signal, timeout });
  const source = new SourceFile(file);
  const begin = values.offset;
  let pump: FilePump | undefined;
  try {
    // Throws when nothing can be sent: then there is no need to touch the file.
    socket.trySend(new Uint8Array(0));
    const size = await source.open(budget.rest());
    const length = partOf(size, begin, values.length);
    let bytesSent = 0;
    pump = new FilePump(socket, source, begin, begin + length, values, (bytes) => {
      bytesSent += bytes;
      onProgress?.({ bytesSent, offset: begin + bytesSent, length });
    });
    await pump.run(budget.rest());
    return { bytesSent: length, offset: begin + length, size };
  } catch (error) {
    throw new SendfileError(error, source, begin, pump?.offset ?? begin, socket.remote);
  } finally {
    await source.release();
  }
}

function checkArguments(socket: unknown, options: unknown): void {
  const wrong = typeof (socket as Partial<Socket> | null | undefined)?.trySend !== 'function' ? 'needs a Socket of @sock/core' : typeof options !== 'object' || options === null ? 'takes an object of options' : undefined;
  if (wrong !== undefined) throw new SocketError('ERR_SOCK_ARGUMENT', `sendfile ${wrong}`, { phase: 'config', category: 'usage' });
}

function partOf(size: number, begin: number, length: number | undefined): number {
  if (begin > size) throw fileFault('ERR_SOCK_FILE_TRUNCATED', `the file has ${size} bytes, and offset is beyond them`, 'usage');
  const most = size - begin;
  if (length !== undefined && length > most) throw fileFault('ERR_SOCK_FILE_TRUNCATED', `the file has ${size} bytes: from this offset on, length can be ${most} at most, and is ${length}`, 'usage');
  return length ?? most;
}
