import type { UnderlyingSink } from 'node:stream/web';
import { misuse } from './socket-error.ts';

/** A stream that its maker can close although somebody has locked it: the one who did is known. */
export class ClosableStream<W> extends WritableStream<W> {
  readonly #controller: WritableStreamDefaultController;
  #writer: Writer<W> | undefined;
  #ended = false;

  constructor(sink: UnderlyingSink<W>, strategy: QueuingStrategy<W>) {
    let own!: WritableStreamDefaultController;
    const start = (controller: WritableStreamDefaultController): void => {
      own = controller;
    };
    const close = async (): Promise<void> => {
      this.#ended = true;
      await sink.close?.();
    };
    super({ ...sink, start, close }, strategy);
    this.#controller = own;
  }

  override getWriter(): WritableStreamDefaultWriter<W> {
    this.#writer = new Writer(this, () => this.#ended);
    return this.#writer;
  }

  /** What an abort does, also to a locked stream; without effect once it is closed or has failed. */
  fail(reason: unknown): void {
    this.#controller.error(reason);
  }

  /** Closes it behind all that was written; where whoever has locked it cannot be asked (a pipe), it fails with `why`. Never rejects. */
  async finish(why: Error): Promise<void> {
    try {
      if (!this.locked) await this.close();
      else if (this.#writer?.holds === true) await this.#writer.close();
      else this.fail(why);
    } catch {
      // It was closed already, or has failed: whoever writes knows.
    }
  }
}

/** The writer that `getWriter()` gives. */
class Writer<W> extends WritableStreamDefaultWriter<W> {
  readonly #ended: () => boolean;

  constructor(stream: WritableStream<W>, ended: () => boolean) {
    super(stream);
    this.#ended = ended;
  }

  /** Whether it has not been released; it answers nothing any more then. */
  get holds(): boolean {
    try {
      return this.desiredSize !== undefined;
    } catch {
      return false;
    }
  }

  override write(chunk?: W): Promise<void> {
    // Asked here, because Node 20 throws an internal assertion, and at once, when a closed stream is written to.
    if (this.#ended()) return Promise.reject(misuse('the writable is closed: nothing can be written any more', 'send'));
    return super.write(chunk as W);
  }
}
