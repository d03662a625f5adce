import { open } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import { basename } from 'node:path';

/** The file cannot be sent; the message says why. */
export class FileError extends Error {
  override readonly name: string = 'FileError';
}

/**
 * Bytes read at a time; every connection holds two such buffers, one on its way out and one that is being read. Each read is a trip to
 * another thread and a buffer for the garbage collector: 64 KiB at a time cost twice as much processor time for plain TCP.
 */
const CHUNK = 256 * 1024;

/**
 * A file that is opened once and stays open: removing it, or putting another one in its place, changes nothing for a run that is
 * under way.
 */
export class SourceFile {
  readonly path: string;
  readonly size: number;
  readonly #handle: FileHandle;
  readonly #changedAt: number;

  private constructor(path: string, handle: FileHandle, size: number, changedAt: number) {
    this.path = path;
    this.size = size;
    this.#handle = handle;
    this.#changedAt = changedAt;
  }

  /** @throws {@link FileError} when it is missing, not readable, or no regular file */
  static async open(path: string): Promise<SourceFile> {
    let handle: FileHandle | undefined;
    try {
      handle = await open(path, 'r');
      const stat = await handle.stat();
      if (stat.isDirectory()) throw new FileError(`${path} is a directory; --file takes one file`);
      if (!stat.isFile()) throw new FileError(`${path} is no regular file, so it has no size to compare`);
      return new SourceFile(path, handle, stat.size, stat.mtimeMs);
    } catch (error) {
      await handle?.close();
      if (error instanceof FileError) throw error;
      const { code } = error as NodeJS.ErrnoException;
      const why = code === 'ENOENT' ? 'there is no such file' : code === 'EACCES' ? 'it may not be read' : (error as Error).message;
      throw new FileError(`cannot open ${path}: ${why}`, { cause: error });
    }
  }

  get name(): string {
    return basename(this.path);
  }

  /** The descriptor, for positional reads by others. */
  get fd(): number {
    return this.#handle.fd;
  }

  /**
   * The content from the beginning, as fresh buffers that the reader owns. The next one is read while the last one is used.
   *
   * @throws {@link FileError} when the file has become shorter
   */
  async *chunks(): AsyncGenerator<Uint8Array, void> {
    let ahead = this.#read(0);
    // Fetched before it is awaited here: a failed read must not count as unhandled while the consumer is busy.
    ahead.catch(() => {});
    for (let position = 0; position < this.size; ) {
      const chunk = await ahead;
      position += chunk.length;
      ahead = this.#read(position);
      ahead.catch(() => {});
      yield chunk;
    }
  }

  /** Whether it was written to since it was opened. */
  async changed(): Promise<boolean> {
    const { size, mtimeMs } = await this.#handle.stat();
    return size !== this.size || mtimeMs !== this.#changedAt;
  }

  async close(): Promise<void> {
    await this.#handle.close();
  }

  async #read(position: number): Promise<Uint8Array> {
    const length = Math.min(CHUNK, this.size - position);
    if (length === 0) return new Uint8Array(0);
    const buffer = Buffer.allocUnsafeSlow(length);
    const { bytesRead } = await this.#handle.read(buffer, 0, length, position);
    if (bytesRead === 0) throw new FileError(`${this.path} became shorter while it was sent`);
    return buffer.subarray(0, bytesRead);
  }
}
