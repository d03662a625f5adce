import type { Receipt } from './receipt.ts';
import type { SourceFile } from './source-file.ts';

/** One connection to the peer, good for one job. */
export interface Link {
  /** Bytes sent and received so far. */
  readonly moved: number;
  /** Version and cipher suite of TLS; `undefined` without TLS. */
  readonly protocol: string | undefined;
  readonly cipher: string | undefined;
  /** Sends the whole file and answers with what the peer got. */
  upload(file: SourceFile, hashed: boolean): Promise<Receipt>;
  /** Has the peer send the file and answers with what came. */
  download(hashed: boolean): Promise<Receipt>;
  /** Sends `count` pings of `size` bytes, one after the other, and answers with the time of each in microseconds. */
  roundTrips(count: number, size: number): Promise<number[]>;
  /** Closes it, after a job gracefully. */
  close(): Promise<void>;
  /** Drops it now. */
  destroy(): void;
}

/** A program that moves the file: a way to open connections to its counterpart in the server process. */
export interface Contestant {
  readonly name: string;
  open(): Promise<Link>;
}
