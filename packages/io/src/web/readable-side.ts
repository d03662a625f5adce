import type { Socket } from '@sock/core';
import { toSocketError } from './socket-error.ts';

/** Whom the readable tells what its reader came to. */
export interface ReadableEvents {
  /** The peer's end. */
  ended(): void;
  /** The connection broke; `error` is what the reader got. */
  broken(error: Error): void;
}

/**
 * The readable of a connection that may still be to come. It asks the socket only for what somebody reads, so that the end is seen by its
 * reader and by nobody before, and no byte waits in two places.
 */
export class ReadableSide {
  readonly stream: ReadableStream<Uint8Array>;
  readonly #connected: Promise<Socket>;
  readonly #events: ReadableEvents;
  readonly #stop = new AbortController();
  #controller!: ReadableStreamDefaultController<Uint8Array>;
  /** `reading` until the program cancels (`dropping`: the peer must not stand still), or until nothing comes any more. */
  #state: 'reading' | 'dropping' | 'over' = 'reading';
  #receiving = false;
  /** Came for a reader who had gone: it waits in the stream. */
  #held: Uint8Array | undefined;

  constructor(connected: Promise<Socket>, events: ReadableEvents) {
    this.#connected = connected;
    this.#events = events;
    const start = (controller: ReadableStreamDefaultController<Uint8Array>): void => {
      this.#controller = controller;
    };
    this.stream = new ReadableStream({ start, pull: () => this.#pull(), cancel: () => this.#cancelled() }, { highWaterMark: 0 });
  }

  /** Bytes that came and that nobody has read. */
  get unread(): Uint8Array | undefined {
    return this.#state === 'reading' && (this.#controller.desiredSize ?? 0) < 0 ? this.#held : undefined;
  }

  /** Cancels the stream, also a locked one: reads that wait are done. A receive under way is taken back, without a loss. */
  cancel(reason: unknown): void {
    const before = this.#state;
    this.#state = 'over';
    this.#stop.abort();
    if (before !== 'reading') return;
    // A locked stream cannot be cancelled from outside, but its own controller can close it.
    if (this.stream.locked) this.#controller.close();
    else void this.stream.cancel(reason);
  }

  async #pull(): Promise<void> {
    this.#receiving = true;
    try {
      const socket = await this.#connected;
      const chunk = await this.#next(socket);
      // Asked again: while it waited, the program may have cancelled, or closed the socket.
      if (this.#state !== 'reading') return;
      if (chunk === null) this.#ended();
      else this.#deliver(chunk);
    } catch (cause) {
      // Otherwise it is told elsewhere: this side took the receive back, or never got a connection.
      if (this.#state === 'reading') this.#broken(cause);
    } finally {
      this.#receiving = false;
      if ((this.#state as string) === 'dropping') void this.#drop();
    }
  }

  async #next(socket: Socket): Promise<Uint8Array | null> {
    return this.#state === 'reading' ? await socket.recv({ signal: this.#stop.signal }) : null;
  }

  #deliver(chunk: Uint8Array): void {
    this.#controller.enqueue(chunk);
    this.#held = (this.#controller.desiredSize ?? 0) < 0 ? chunk : undefined;
  }

  #ended(): void {
    this.#state = 'over';
    this.#controller.close();
    this.#events.ended();
  }

  #broken(cause: unknown): void {
    this.#state = 'over';
    const error = toSocketError(cause);
    this.#controller.error(error);
    this.#events.broken(error);
  }

  #cancelled(): void {
    this.#held = undefined;
    if (this.#state !== 'reading') return;
    this.#state = 'dropping';
    if (!this.#receiving) void this.#drop();
  }

  /** Until the end, or until the socket is closed. */
  async #drop(): Promise<void> {
    try {
      const socket = await this.#connected;
      while (this.#state === 'dropping' && (await socket.recv({ signal: this.#stop.signal })) !== null);
    } catch {
      // Nobody reads any more, so nobody is told: a write, or close(), meets the same failure.
    }
  }
}
