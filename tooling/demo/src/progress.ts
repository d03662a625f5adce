/** Where progress is written: standard error, or a test's own. */
export interface ProgressStream {
  readonly isTTY?: boolean | undefined;
  readonly columns?: number | undefined;
  write(text: string): unknown;
}

const BAR = 24;
const REDRAW_MS = 100;
/** Between two lines of the same phase where lines cannot be redrawn. */
const SPARSE_MS = 5000;

/** Shows how far a phase is: on a terminal one line that redraws itself, elsewhere a line per phase and one every few seconds. */
export class Progress {
  readonly #stream: ProgressStream;
  readonly #live: boolean;
  #phase = '';
  #total = 0;
  #done = 0;
  #lineAt = 0;

  constructor(stream: ProgressStream) {
    this.#stream = stream;
    this.#live = stream.isTTY === true;
  }

  /** Begins a phase of `total` bytes, or of whatever its steps count. */
  begin(phase: string, total: number): void {
    this.#phase = phase;
    this.#total = total;
    this.#done = 0;
    this.#line('');
    this.#lineAt = performance.now();
  }

  /** Runs `work`, a step of `size`, and shows `moved()` of it as it grows; without `moved` it counts when it is done. */
  async during<T>(step: string, size: number, moved: (() => number) | undefined, work: () => Promise<T>): Promise<T> {
    const start = performance.now();
    const show = (): void => {
      const now = Math.min(moved?.() ?? 0, size);
      const megabytesPerSecond = now / 1000 / Math.max(1, performance.now() - start);
      this.#show(step, this.#done + now, moved === undefined ? '' : `${megabytesPerSecond.toFixed(0).padStart(5)} MB/s`);
    };
    const timer = setInterval(show, REDRAW_MS);
    try {
      return await work();
    } finally {
      clearInterval(timer);
      this.#done += size;
    }
  }

  /** Takes the line away. */
  clear(): void {
    if (this.#live) this.#stream.write('\r\u001B[K');
  }

  #show(step: string, done: number, rate: string): void {
    const share = this.#total === 0 ? 1 : Math.min(1, done / this.#total);
    const percent = `${Math.floor(share * 100)}`.padStart(3);
    if (this.#live) {
      const filled = Math.round(share * BAR);
      this.#line(`${'━'.repeat(filled)}${'─'.repeat(BAR - filled)} ${percent} %  ${rate}  ${step}`);
    } else if (performance.now() - this.#lineAt >= SPARSE_MS) {
      this.#lineAt = performance.now();
      this.#line(`${percent} %  ${rate}  ${step}`);
    }
  }

  #line(text: string): void {
    const line = `  ${this.#phase.padEnd(9)} ${text}`;
    // Never wider than the terminal: a wrapped line cannot be redrawn.
    if (this.#live) this.#stream.write(`\r\u001B[K${line.slice(0, (this.#stream.columns ?? 80) - 1)}`);
    else this.#stream.write(`${line.trimEnd()} …\n`);
  }
}
