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
    try {
      const rest = restOf(this.#chunks, this.#moved);
      const gives = this.#owned && this.cost - this.#moved >= OWN_FROM;
      // Even a send of nothing asks: it throws when nothing can be sent any more.
      const took = gives ? this.target.trySend(EMPTY) : rest.length === 1 ? this.target.trySend(rest[0] as Uint8Array) : this.target.trySendv(rest);
      this.#moved += took;
      if (this.#moved === this.cost) return settle.ok(undefined);
      if (took > 0 || (gives && (this.target.ready & WRITABLE) !== 0)) this.#sendRest(settle, progress, gives);
      else this.#await(settle, progress);
      // Not from here: what the program does there could begin before this has begun.
      if (took > 0 && progress !== undefined) queueMicrotask(() => progress(this.#moved));
    } catch (error) {
      settle.fail(error);
    }
  }

  stop(reason: unknown): void {
    this.#stop?.(reason);
  }

  #await(settle: Settle, progress: Progress | undefined): void {
    // Whatever changes: room, a failure, this side's end. Asking again tells.
    const unwatch = this.target.onReady(() => {
      // What this very call leads to may be told here once more.
      unwatch();
      this.#stop = undefined;
      this.begin(settle, progress);
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
