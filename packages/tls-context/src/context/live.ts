import { TlsError } from '../errors.ts';

/** What a context is made of at one moment: it never changes, it is replaced. */
export interface Replaceable {
  /**
   * Stops what works for it; connections that stand on it go on.
   *
   * @param next - what takes its place, and goes on with what both share
   */
  close(next?: Replaceable): void;
}

/** A context's options and what was made of them: replaced as a whole, or not at all. */
export class Live<O extends object, E extends Replaceable> {
  readonly #load: (options: O, previous: E | undefined) => E;
  #options: O;
  #engine: E | undefined;

  constructor(options: O, load: (options: O, previous: E | undefined) => E) {
    this.#load = load;
    this.#options = options;
    this.#engine = load(options, undefined);
  }

  /**
   * What new connections stand on.
   *
   * @throws `ERR_SOCK_TLS_DISPOSED`
   */
  get engine(): E {
    if (this.#engine === undefined) throw disposed();
    return this.#engine;
  }

  get options(): O {
    return this.#options;
  }

  get isDisposed(): boolean {
    return this.#engine === undefined;
  }

  /**
   * Loads and checks the new state first; whatever fails leaves the old one as it is. Files are read again.
   *
   * @param last - what else takes effect with it, or throws and keeps what it has
   */
  update(changes: Partial<O>, last: () => void = () => {}): void {
    const previous = this.engine;
    const options = { ...this.#options, ...changes };
    const next = this.#load(options, previous);
    try {
      last();
    } catch (error) {
      next.close(previous);
      throw error;
    }
    this.#options = options;
    this.#engine = next;
    previous.close(next);
  }

  /** Forgets keys and options. */
  dispose(): void {
    this.#engine?.close();
    this.#engine = undefined;
    this.#options = {} as O;
  }
}

function disposed(): TlsError {
  return new TlsError('ERR_SOCK_TLS_DISPOSED', 'this TLS context was disposed of: its keys are gone; make a new one', {
    kind: 'handshake', phase: 'config', category: 'usage',
  });
}
