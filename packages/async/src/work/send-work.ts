import type { Socket } from '@sock/core';
import { WRITABLE } from '@sock/core';
import type { Progress, Settle, Work } from './work.ts';
import { bytesMoved, SEND_SIDE } from './work.ts';

/** Below it, a buffer that was given away is copied all the same: it may leave with its neighbours as one write. */
const OWN_FROM = 16 * 1024;

/**
 * A send. What there is room for is taken at once; the rest goes as one send, made in the same turn, so that nobody's bytes come
 * between. It waits for room by itself, not in the socket's line: so it knows which of the accepted bytes are its own.
 */
export class SendWork implements Work {
  readonly kind: 'send' | 'sendv';
  readonly target: Socket;
  readonly sides: number = SEND_SIDE;
  readonly cost: number;
  readonly #chunks: readonly Uint8Array[];
  readonly #owned: boolean;
  #moved = 0;
  #stop: ((reason: unknown) => void) | undefined;

  constructor(kind: 'send' | 'sendv', socket: Socket, chunks: readonly Uint8Array[], owned: boolean) {
    this.kind = kind;
    this.target = socket;
    this.#chunks = chunks;
    this.#owned = owned;
    let cost = 0;
    for (const { length } of chunks) cost += length;
    this.cost = cost;
  }

  get moved(): number {
    return this.#moved;
  }

  get resumable(): boolean {
    return this.#moved > 0 && this.#moved < this.cost;
  }

  begin(settle: Settle, progress: Progress | undefined): void {
    if (!this.#attempt(settle, progress)) this.#await(settle, progress);
  }

  stop(reason: unknown): void {
    this.#stop?.(reason);
  }

  /** Takes what there is room for, and begins with the rest; false = there is no room at all. */
  #attempt(settle: Settle, progress: Progress | undefined): boolean {
    try {
      const rest = restOf(this.#chunks, this.#moved);
      const gives = this.#owned && this.cost - this.#moved >= OWN_FROM;
      // Even a send of nothing asks: it throws when nothing can be sent any more.
      const took = gives ? this.target.trySend(EMPTY) : rest.length === 1 ? this.target.trySend(rest[0] as Uint8Array) : this.target.trySendv(rest);
      this.#moved += took;
      if (this.#moved === this.cost) settle.ok(undefined);
      else if (took > 0 || (gives && (this.target.ready & WRITABLE) !== 0)) {
        this.#sendRest(settle, progress, gives);
        // Not from here: what the program does there could begin before this has begun.
        if (took > 0 && progress !== undefined) queueMicrotask(() => progress(this.#moved));
      } else return false;
    } catch (error) {
      settle.fail(error);
    }
    return true;
  }

  #await(settle: Settle, progress: Progress | undefined): void {
    let trying = false;
    // Whatever changes: room, a failure, this side's end. Asking again tells. One listener for all attempts: a new one for each would be
    // called in the very round in which it was made, without an end.
    const unwatch = this.target.onReady(() => {
      if (trying) return;
      trying = true;
      if (this.#attempt(settle, progress)) unwatch();
      trying = false;
    });
    this.#stop = (reason) => {
      unwatch();
      this.#stop = undefined;
      settle.fail(reason);
    };
  }

  #sendRest(settle: Settle, progress: Progress | undefined, owned: boolean): void {
    const { target } = this;
    const controller = new AbortController();
    const before = this.#moved;
    // Its bytes are the next ones: the socket had room, so nobody waited, and who comes later waits behind it.
    const accepted = progress === undefined ? 0 : target.stats.bytesSent;
    const unwatch = progress === undefined ? undefined : target.onReady(() => {
      const moved = before + Math.min(target.stats.bytesSent - accepted, this.cost - before);
      if (moved <= this.#moved) return;
      this.#moved = moved;
      progress(moved);
    });
    this.#stop = (reason) => controller.abort(reason);
    const end = (): void => {
      unwatch?.();
      this.#stop = undefined;
    };
    target.sendv(restOf(this.#chunks, before), { signal: controller.signal, owned }).then(
      () => {
        end();
        this.#moved = this.cost;
        settle.ok(undefined);
      },
      (error: unknown) => {
        end();
        this.#moved = Math.max(this.#moved, before + bytesMoved(error));
        settle.fail(error);
      },
    );
  }
}

const EMPTY: Uint8Array = /*#__PURE__*/ new Uint8Array(0);

function restOf(chunks: readonly Uint8Array[], moved: number): readonly Uint8Array[] {
  if (moved === 0) return chunks;
  const rest: Uint8Array[] = [];
  for (const chunk of chunks) {
    if (moved < chunk.length) rest.push(moved === 0 ? chunk : chunk.subarray(moved));
    moved = Math.max(0, moved - chunk.length);
  }
  return rest;
}
