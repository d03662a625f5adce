/** Counts bytes that arrive, for whoever waits until all are there. */
export class Arrivals {
  #missing = 0;
  #done: (() => void) | undefined;

  /** Resolves when so many bytes more have arrived. */
  wait(bytes: number): Promise<void> {
    this.#missing = bytes;
    return new Promise((resolve) => (this.#done = resolve));
  }

  readonly take = (bytes: number): void => {
    this.#missing -= bytes;
    if (this.#missing === 0) this.#done?.();
  };
}
