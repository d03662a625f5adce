/** Outcomes of the last while, in ten parts of equal length: constant memory, and time that stands still costs nothing. */
export class OutcomeWindow {
  readonly #partMs: number;
  /** Outcomes and failures of the parts that are over, by their number modulo ten. */
  readonly #requestsOf: number[] = Array.from({ length: PARTS }, () => 0);
  readonly #failuresOf: number[] = Array.from({ length: PARTS }, () => 0);
  #pastRequests = 0;
  #pastFailures = 0;
  /** The part that is running: its number, when it ends, what it has seen. */
  #part = 0;
  #partEnd = 0;
  #successes = 0;
  #failures = 0;

  /** @param windowMs - an outcome counts for nine tenths of it at least, and is forgotten when all of it has passed, or ten milliseconds after */
  constructor(windowMs: number) {
    // Whole milliseconds: with a fraction the end of a part and the number of the next are rounded apart.
    this.#partMs = Math.ceil(windowMs / PARTS);
  }

  /** Something went well. A time before the last one counts as the last one. */
  succeeded(now: number): void {
    if (now >= this.#partEnd) this.#turn(now);
    this.#successes += 1;
  }

  /** Something failed. */
  failed(now: number): void {
    if (now >= this.#partEnd) this.#turn(now);
    this.#failures += 1;
  }

  /** Outcomes in the window. */
  requests(now: number): number {
    if (now >= this.#partEnd) this.#turn(now);
    return this.#pastRequests + this.#successes + this.#failures;
  }

  /** Failures among them. */
  failures(now: number): number {
    if (now >= this.#partEnd) this.#turn(now);
    return this.#pastFailures + this.#failures;
  }

  /** Forgets all of it. */
  clear(): void {
    this.#requestsOf.fill(0);
    this.#failuresOf.fill(0);
    this.#pastRequests = this.#pastFailures = this.#successes = this.#failures = 0;
  }

  /** Puts the part that is over to the others, and takes out those that are too old. */
  #turn(now: number): void {
    const part = Math.floor(now / this.#partMs);
    this.#partEnd = (part + 1) * this.#partMs;
    const passed = part - this.#part;
    // None may have passed: rounding puts the end of a part a hair before the beginning of the next.
    this.#add(this.#part % PARTS, this.#successes + this.#failures, this.#failures);
    this.#successes = this.#failures = 0;
    for (let step = 1; step <= Math.min(passed, PARTS); step += 1) {
      const slot = (this.#part + step) % PARTS;
      this.#add(slot, -(this.#requestsOf[slot] as number), -(this.#failuresOf[slot] as number));
    }
    this.#part = part;
  }

  #add(slot: number, requests: number, failures: number): void {
    this.#requestsOf[slot] = (this.#requestsOf[slot] as number) + requests;
    this.#failuresOf[slot] = (this.#failuresOf[slot] as number) + failures;
    this.#pastRequests += requests;
    this.#pastFailures += failures;
  }
}

const PARTS = 10;
