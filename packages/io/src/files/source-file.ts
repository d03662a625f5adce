import type { BigIntStats } from 'node:fs';
import { constants } from 'node:fs';
import type { FileHandle } from 'node:fs/promises';
import { open, stat } from 'node:fs/promises';
import { resolve as toAbsolute } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Cancel } from '@sock/core';
import { SocketError, wait } from '@sock/core';
import { fileErrno, fileFault } from './file-fault.ts';

/** Time for reads that are under way, and for the close, once the outcome is known. A file system that hangs must not hang the caller. */
const RELEASE_MS = 1000;

/** A regular file that is read by position: opened here and closed again, or a handle of the caller, which stays as it is. */
export class SourceFile {
  /** As it was given. */
  readonly path: string | undefined;
  /** For messages. */
  readonly name: string;
  /** The working directory may change meanwhile. */
  readonly #absolute: string | undefined;
  readonly #given: FileHandle | undefined;
  #handle!: FileHandle;
  #opened!: BigIntStats;
  #released = false;
  readonly #pending = new Set<Promise<unknown>>();

  /** @throws `ERR_SOCK_ARGUMENT` when `file` is none of the three */
  constructor(file: string | URL | FileHandle) {
    if (isHandle(file)) {
      this.#given = file;
      this.path = undefined;
      this.name = `the file handle ${file.fd}`;
    } else {
      this.path = toPath(file);
      this.#absolute = toAbsolute(this.path);
      this.name = `"${this.path}"`;
    }
  }

  /**
   * Opens it, and tells its size.
   *
   * @throws `ERR_SOCK_FILE_NOT_FOUND`, `ERR_SOCK_FILE_ACCESS`, `ERR_SOCK_FILE_KIND`, `ERR_SOCK_FILE_READ`, `ERR_SOCK_RESOURCES`
   */
  open(cancel: Cancel): Promise<number> {
    return wait<number>(cancel, { phase: 'send', what: 'opening the file' }, (resolve, reject) => {
      this.#tracked(this.#open()).then(resolve, (error: unknown) => reject(fileErrno(error)));
    });
  }

  /** Fills `target` with what the file has from `position` on, never from where it stands; answers with how much that is. */
  fill(target: Uint8Array, position: number): Promise<number> {
    return this.#tracked(this.#fill(target, position));
  }

  /** What has changed since it was opened, as far as the file system tells. */
  async change(): Promise<string | undefined> {
    const { size, mtimeNs, ino, dev } = this.#opened;
    const [now, there] = await Promise.all([this.#handle.stat({ bigint: true }), this.#absolute === undefined ? undefined : stat(this.#absolute, { bigint: true }).catch(missing)]);
    if (now.size !== size) return `its size went from ${size} to ${now.size} bytes`;
    if (now.mtimeNs !== mtimeNs) return 'somebody wrote to it';
    // The handle leads to the old one, whole and unmixed; but whoever reads the path now gets something else.
    if (there !== undefined && (there.ino !== ino || there.dev !== dev)) return 'another file has taken its place; what was sent is the old one, whole';
    return undefined;
  }

  /** Waits for what is under way, for a while, and closes what was opened here. Never rejects. */
  async release(): Promise<void> {
    this.#released = true;
    const released = Promise.allSettled(this.#pending).then(async () => {
      if (this.#given === undefined) await (this.#handle as FileHandle | undefined)?.close();
    });
    // Its outcome is of no use to anybody: the bytes have been read, or the cause is told already.
    await wait<void>({ timeout: RELEASE_MS }, { phase: 'send' }, (resolve) => void released.then(() => resolve(), () => resolve())).catch(() => {});
  }

  async #open(): Promise<number> {
    const path = this.#absolute;
    // Opening a FIFO would let its writer go on, and break it when this end is closed.
    if (path !== undefined) checkKind(await stat(path, { bigint: true }));
    // Nobody waits any more: there is no need to open it, and release() may be over.
    if (this.#released) return 0;
    this.#handle = this.#given ?? (await open(path as string, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0)));
    const handle = this.#handle;
    const stats = await handle.stat({ bigint: true });
    checkKind(stats);
    // A file of /proc says that it is empty, and is not.
    if (stats.size === 0n && (await handle.read(new Uint8Array(1), 0, 1, 0)).bytesRead > 0) throw fileFault('ERR_SOCK_FILE_KIND', 'it is made by the system as it is read, and has no size: read it with readFile() and send that', 'usage');
    this.#opened = stats;
    return Number(stats.size);
  }

  #tracked<T>(work: Promise<T>): Promise<T> {
    this.#pending.add(work);
    const done = (): void => void this.#pending.delete(work);
    work.then(done, done);
    return work;
  }

  async #fill(target: Uint8Array, position: number): Promise<number> {
    let count = 0;
    try {
      while (count < target.length && !this.#released) {
        const { bytesRead } = await this.#handle.read(target, count, target.length - count, position + count);
        if (bytesRead === 0) break;
        count += bytesRead;
      }
    } catch (error) {
      throw fileErrno(error);
    }
    return count;
  }
}

function isHandle(file: unknown): file is FileHandle {
  return typeof file === 'object' && file !== null && 'fd' in file && 'read' in file && typeof file.read === 'function' && 'stat' in file && typeof file.stat === 'function';
}

function toPath(file: unknown): string {
  let why = 'give a path, a file: URL, or a FileHandle of node:fs/promises';
  try {
    if (file instanceof URL) return fileURLToPath(file);
  } catch (error) {
    why = (error as Error).message;
  }
  if (typeof file === 'string' && file !== '' && !file.includes('\0')) return file;
  const found = file === '' ? 'an empty path' : typeof file === 'string' ? 'a path with a NUL' : file instanceof URL ? `the URL ${file.href}` : file === null ? 'null' : typeof file;
  throw new SocketError('ERR_SOCK_ARGUMENT', `sendfile got ${found} as its file: ${why}`, { phase: 'send', category: 'usage' });
}

function checkKind(stats: BigIntStats): void {
  if (stats.isFile()) return;
  const [what, cure] = stats.isDirectory() ? ['a directory', 'send its files one by one, or an archive of them']
    : stats.isFIFO() ? ['a FIFO', 'it has no positions: socket.sendAll(createReadStream(path)) sends what comes out of it']
    : stats.isSocket() ? ['a socket', 'connect() to it, and socket.sendAll() what comes']
    : ['a device', 'it has no size: socket.sendAll(createReadStream(path, { end })) sends a part of it'];
  throw fileFault('ERR_SOCK_FILE_KIND', `it is ${what}, no regular file: ${cure}`, 'usage');
}

/** A path that leads nowhere any more changes nothing in what was sent. */
function missing(): undefined {}
