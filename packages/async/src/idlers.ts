/** Those who wait until a queue has nothing to do. */
export class Idlers {
  readonly #idle: () => boolean;
  readonly #looks = new Set<() => void>();

  /** @param idle - whether it has nothing to do */
  constructor(idle: () => boolean) {
    this.#idle = idle;
  }

  /** Calls `resolve` as soon as that is so, and `also` says yes. @returns gives the wait up */
  when(also: () => boolean, resolve: () => void): () => void {
    const look = (): void => {
      if (!this.#idle() || !also()) return;
      this.#looks.delete(look);
      resolve();
    };
    this.#looks.add(look);
    look();
    return () => void this.#looks.delete(look);
  }

  /** It may be so now. */
  tell(): void {
    for (const look of this.#looks) look();
  }
}
