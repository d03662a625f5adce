import type { CallOperation, SendfileOperation } from '../operation.ts';
import type { Progress, Settle, Work } from './work.ts';
import { bytesMoved, follow, NO_SIDE, RECEIVE_SIDE, SEND_SIDE } from './work.ts';

const SIDES = { send: SEND_SIDE, receive: RECEIVE_SIDE, both: SEND_SIDE | RECEIVE_SIDE, none: NO_SIDE } as const;

/** A function of the program's. */
export class CallWork implements Work {
  readonly kind = 'call' as const;
  readonly target: object | undefined;
  readonly sides: number;
  readonly cost: number;
  readonly resumable: boolean = false;
  readonly #operation: CallOperation;
  readonly #controller = new AbortController();
  moved = 0;

  constructor(operation: CallOperation) {
    this.#operation = operation;
    this.target = operation.socket;
    this.sides = operation.socket === undefined ? NO_SIDE : SIDES[operation.side ?? 'none'];
    this.cost = operation.bytes ?? 0;
  }

  begin(settle: Settle, progress: Progress | undefined): void {
    const told = (bytes: number): void => {
      if (!(bytes > this.moved)) return;
      this.moved = bytes;
      progress?.(bytes);
    };
    follow(
      () => this.#operation.run({ signal: this.#controller.signal }, told),
      (value) => settle.ok(value),
      (error) => {
        this.moved = Math.max(this.moved, bytesMoved(error));
        settle.fail(error);
      },
    );
  }

  stop(reason: unknown): void {
    this.#controller.abort(reason);
  }

  discard(value: unknown): void {
    this.#operation.discard?.(value);
  }
}

/** A file, by a function of the program's. */
export class SendfileWork implements Work {
  readonly kind = 'sendfile' as const;
  readonly target: object;
  readonly sides: number = SEND_SIDE;
  readonly cost: number = 0;
  readonly #operation: SendfileOperation;
  #controller = new AbortController();
  moved = 0;

  constructor(operation: SendfileOperation) {
    this.#operation = operation;
    this.target = operation.socket;
  }

  /** How long the file is, its function knows. */
  get resumable(): boolean {
    return this.moved > 0;
  }

  begin(settle: Settle, progress: Progress | undefined): void {
    const from = this.moved;
    this.#controller = new AbortController();
    const onProgress = ({ bytesSent }: { readonly bytesSent: number }): void => {
      if (!(from + bytesSent > this.moved)) return;
      this.moved = from + bytesSent;
      progress?.(this.moved);
    };
    follow(
      () => this.#operation.run(from, { signal: this.#controller.signal, onProgress }),
      ({ bytesSent }) => {
        this.moved = from + bytesSent;
        settle.ok(undefined);
      },
      (error) => {
        this.moved = Math.max(this.moved, from + bytesMoved(error));
        settle.fail(error);
      },
    );
  }

  stop(reason: unknown): void {
    this.#controller.abort(reason);
  }
}
