import type { ErrorCategory } from '@sock/core';
import { SocketError } from '@sock/core';
import type { IoErrorCode } from '../errors.ts';

type FileCode = Extract<IoErrorCode, `ERR_SOCK_FILE_${string}` | 'ERR_SOCK_RESOURCES'>;

/** A fault of a file, in words that follow its name. */
export function fileFault(code: FileCode, words: string, category: ErrorCategory, cause?: unknown, retryable = false): SocketError<FileCode> {
  return new SocketError(code, words, { phase: 'send', category, retryable, cause });
}

/** What the file system reported, typed. */
export function fileErrno(error: unknown): SocketError {
  if (error instanceof SocketError) return error;
  const errno = error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : '';
  const row = Object.hasOwn(TABLE, errno) ? TABLE[errno] : undefined;
  if (row !== undefined) return fileFault(row[0], `${row[2]} (${errno})`, row[1], error, row[1] === 'limit');
  return fileFault('ERR_SOCK_FILE_READ', `the file system failed: ${error instanceof Error ? error.message : String(error)}`, 'system', error);
}

const TABLE: Readonly<Record<string, readonly [FileCode, ErrorCategory, string]>> = {
  ENOENT: ['ERR_SOCK_FILE_NOT_FOUND', 'usage', 'there is no such file; check the path, and from which directory it is looked up'],
  ENOTDIR: ['ERR_SOCK_FILE_NOT_FOUND', 'usage', 'a part of the path is no directory'],
  ELOOP: ['ERR_SOCK_FILE_NOT_FOUND', 'usage', 'its symbolic links go round in a circle'],
  ENAMETOOLONG: ['ERR_SOCK_FILE_NOT_FOUND', 'usage', 'the path is too long for this system'],
  EACCES: ['ERR_SOCK_FILE_ACCESS', 'access', 'this process may not read it, or not pass one of its directories'],
  EPERM: ['ERR_SOCK_FILE_ACCESS', 'access', 'this process is not permitted to read it'],
  EBADF: ['ERR_SOCK_FILE_READ', 'usage', 'the handle is closed, or was not opened for reading'],
  EMFILE: ['ERR_SOCK_RESOURCES', 'limit', 'this process has no file descriptor left; raise ulimit -n or close files'],
  ENFILE: ['ERR_SOCK_RESOURCES', 'limit', 'this machine has no file descriptor left'],
  ENOMEM: ['ERR_SOCK_RESOURCES', 'limit', 'the system has no memory left'],
};
