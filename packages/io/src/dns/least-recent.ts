/** A bounded table that forgets what was asked for longest ago. */
export class LeastRecent<V> {
  readonly #limit: number;
  /** In the order of use, oldest first: a Map keeps the order of insertion. */
  readonly #values = new Map<string, V>();
  /** How many made room for others so far. */
  evicted = 0;

  constructor(limit: number) {
    this.#limit = limit;
  }

  get size(): number {
    return this.#values.size;
  }

  /** Counts as a use. */
  get(key: string): V | undefined {
    const value = this.#values.get(key);
    if (value !== undefined) {
      this.#values.delete(key);
      this.#values.set(key, value);
    }
    return value;
  }

  /** Does not count as a use. */
  peek(key: string): V | undefined {
    return this.#values.get(key);
  }

  set(key: string, value: V): void {
    this.#values.delete(key);
    this.#values.set(key, value);
    if (this.#values.size <= this.#limit) return;
    const [oldest] = this.#values.keys();
    this.#values.delete(oldest as string);
    this.evicted += 1;
  }

  delete(key: string): void {
    this.#values.delete(key);
  }

  clear(): void {
    this.#values.clear();
  }
}
