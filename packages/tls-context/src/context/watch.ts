import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Duration } from '@sock/config';
import { parseDuration } from '@sock/config';
import { optionFault } from '../material/option-fault.ts';

/** Options of `context.watch()`. */
export interface WatchOptions {
  /**
   * How often the files are looked at; at least 10 ms. Default: **5 s**. They are looked at rather than listened to: what is replaced behind a
   * symbolic link (Kubernetes, certbot) or on a network file system sends no event.
   */
  readonly interval?: Duration | undefined;
  /** Hears of each reload that took effect. Default: **nothing** */
  readonly onReload?: (() => void) | undefined;
  /**
   * Hears why changed files could not be loaded; the context keeps what it has, and tries again each time until they can. Told once for
   * each different reason. Default: **nothing**
   */
  readonly onError?: ((error: unknown) => void) | undefined;
}

/** A watch under way. It keeps no process alive. */
export interface Watcher {
  /** Looks no more. Calling it again does nothing. */
  close(): void;
  /** As `close()`, for `using`. */
  [Symbol.dispose](): void;
}

/** What is watched. */
export interface Watched {
  files(): readonly string[];
  reload(): void;
  readonly isDisposed: boolean;
}

/**
 * Reloads a context when its files change.
 *
 * @throws `ERR_SOCK_TLS_OPTION` when it was made from no file
 */
export function watchFiles(watched: Watched, { interval = '5s', onReload, onError }: WatchOptions = {}): Watcher {
  const every = Math.max(10, parseDuration(interval));
  if (watched.files().length === 0) throw optionFault('watch', 'this context was made from no file: give { file } instead of text to have it reloaded');
  let seen = stamps(watched.files());
  let closed = false;
  let fault: string | undefined;
  const look = async (): Promise<void> => {
    const before = await seen;
    // Taken before the files are read: what changes while they are read is seen at the next look.
    const now = await stamps(watched.files());
    if (closed || watched.isDisposed || (now === before && fault === undefined)) return;
    seen = Promise.resolve(now);
    try {
      watched.reload();
      fault = undefined;
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      if (why !== fault) tell(() => onError?.(error));
      fault = why;
      return;
    }
    tell(() => onReload?.());
  };
  let looking = false;
  const timer = setInterval(() => {
    // A context that is gone is not looked after, whether or not somebody closes the watch.
    if (watched.isDisposed) return close();
    if (looking) return;
    looking = true;
    void look().finally(() => {
      looking = false;
    });
  }, every);
  timer.unref();
  const close = (): void => {
    closed = true;
    clearInterval(timer);
  };
  return { close, [Symbol.dispose]: close };
}

/** Which files stand behind the names now. A name that leads nowhere has a stamp too. */
async function stamps(files: readonly string[]): Promise<string> {
  return (await Promise.all(files.map(stampOf))).join('\n');
}

async function stampOf(file: string): Promise<string> {
  const own = await fileStamp(file);
  const entries = await readdir(file).catch(() => undefined);
  const inside = entries === undefined ? '' : (await Promise.all(entries.toSorted().map((name) => fileStamp(join(file, name))))).join('\n');
  return `${own} ${inside}`;
}

async function fileStamp(file: string): Promise<string> {
  try {
    const { dev, ino, mtimeMs, size } = await stat(file);
    return `${dev} ${ino} ${mtimeMs} ${size}`;
  } catch (error) {
    // It may be on its way: the load says so if it is needed and gone.
    return error instanceof Error ? error.message : String(error);
  }
}

/** What a listener throws must not end the watch. */
function tell(call: () => void): void {
  try {
    call();
  } catch {
    // It was told; what it does with that is its own affair.
  }
}
