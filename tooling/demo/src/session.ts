import type { Contestant, Link } from './link.ts';
import type { Progress } from './progress.ts';
import type { Receipt } from './receipt.ts';
import type { SourceFile } from './source-file.ts';

export type Direction = 'up' | 'down';

/** What every step of the demo works with. */
export interface SessionParts {
  readonly file: SourceFile;
  /** SHA-256 of the file, hexadecimal. */
  readonly sha256: string;
  readonly connections: number;
  readonly progress: Progress;
  /** Drops every connection, and what uses one fails with the signal's reason. */
  readonly signal: AbortSignal;
}

/** One transfer of the file over all connections at the same time. */
export interface Transfer {
  readonly receipts: readonly Receipt[];
  /** From the first byte sent to the last byte known to have arrived; connecting is not in it. */
  readonly seconds: number;
}

/** The file, and every connection that it goes over. */
export class Session {
  readonly file: SourceFile;
  readonly sha256: string;
  readonly connections: number;
  readonly progress: Progress;
  readonly #signal: AbortSignal;

  constructor({ file, sha256, connections, progress, signal }: SessionParts) {
    this.file = file;
    this.sha256 = sha256;
    this.connections = connections;
    this.progress = progress;
    this.#signal = signal;
  }

  /** Bytes that one transfer moves. */
  get transferBytes(): number {
    return this.file.size * this.connections;
  }

  /** Sends the file up or down over every connection at the same time. */
  async transfer(contestant: Contestant, direction: Direction, hashed: boolean): Promise<Transfer> {
    return await this.use(contestant, this.connections, async (links) => {
      const start = performance.now();
      const jobs = (): Promise<Receipt[]> =>
        Promise.all(links.map((link) => (direction === 'up' ? link.upload(this.file, hashed) : link.download(hashed))));
      const receipts = await this.progress.during(`${contestant.name}, ${direction}`, this.transferBytes, () => moved(links), jobs);
      const seconds = (performance.now() - start) / 1000;
      return { receipts, seconds };
    });
  }

  /** Opens links, lets `work` use them, and closes them; whatever fails, none stays open. */
  async use<T>(contestant: Contestant, count: number, work: (links: readonly Link[]) => Promise<T>): Promise<T> {
    this.#signal.throwIfAborted();
    const opened = await Promise.allSettled(Array.from({ length: count }, () => contestant.open()));
    const links = opened.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []));
    const drop = (): void => {
      for (const link of links) link.destroy();
    };
    this.#signal.addEventListener('abort', drop);
    try {
      this.#signal.throwIfAborted();
      for (const result of opened) if (result.status === 'rejected') throw result.reason;
      const answer = await work(links);
      await Promise.all(links.map((link) => link.close()));
      return answer;
    } catch (error) {
      // What a dropped connection says is only the echo of why it was dropped.
      this.#signal.throwIfAborted();
      throw error;
    } finally {
      this.#signal.removeEventListener('abort', drop);
      drop();
    }
  }
}

function moved(links: readonly Link[]): number {
  let sum = 0;
  for (const link of links) sum += link.moved;
  return sum;
}
