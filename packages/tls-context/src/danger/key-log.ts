import { closeSync, constants, fstatSync, openSync, writeSync } from 'node:fs';
import { TlsConfigError } from '../errors.ts';

/**
 * Opens a key log for appending, mode 0600, and answers with what writes a line to it. Each line is opened, written and closed: key
 * logs are for finding faults, and no descriptor stays behind.
 *
 * @throws `ERR_SOCK_TLS_MATERIAL`
 */
export function openKeyLog(file: string): (line: Uint8Array) => void {
  append(file, new Uint8Array(0));
  return (line) => {
    try {
      append(file, line);
    } catch {
      // The file was there when the context was made. A connection does not fail because its debugging aid is full or gone.
    }
  };
}

function append(file: string, line: Uint8Array): void {
  let descriptor: number;
  try {
    // Not through a link: another user could have put it there to have the secrets elsewhere.
    descriptor = openSync(file, constants.O_WRONLY | constants.O_APPEND | constants.O_CREAT | constants.O_NOFOLLOW, 0o600);
  } catch (error) {
    throw refusal(`${file} cannot be opened for appending (${error instanceof Error ? error.message : String(error)})`, error);
  }
  try {
    const { mode } = fstatSync(descriptor);
    if ((mode & 0o077) !== 0) throw refusal(`${file} may be read or written by others (mode ${(mode & 0o777).toString(8)}): it holds the secrets of every connection; chmod 600 it`);
    if (line.length > 0) writeSync(descriptor, line);
  } finally {
    closeSync(descriptor);
  }
}

function refusal(why: string, cause?: unknown): TlsConfigError {
  return new TlsConfigError('ERR_SOCK_TLS_MATERIAL', 'keyLogFile', why, cause);
}
