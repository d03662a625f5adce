/** What tells one time series of an instrument from another. */
export type Labels = Readonly<Record<string, string>>;

/** What is measured, under one name. */
export interface InstrumentRow {
  /** With dots: `pool.acquired`. */
  readonly name: string;
  /** `counter` only grows; an `updowncounter` may be added up over its labels; a `gauge` may not. */
  readonly kind: 'counter' | 'updowncounter' | 'gauge';
  /** As UCUM has it: `s`, `{connection}`. */
  readonly unit: string;
  readonly help: string;
}

/** One value. */
export interface Sample {
  readonly labels: Labels;
  readonly value: number;
}

/** A row, and its values at one moment. */
export interface Instrument extends InstrumentRow {
  readonly samples: readonly Sample[];
}

/** Gathers instruments. Values of the same labels become one: their sum, or of a gauge the largest. */
export class Instruments {
  readonly #rows = new Map<string, { readonly row: InstrumentRow; readonly samples: Map<string, { readonly labels: Labels; value: number }> }>();

  /** The row is there even without a value. */
  define(row: InstrumentRow): void {
    if (!this.#rows.has(row.name)) this.#rows.set(row.name, { row, samples: new Map() });
  }

  add(row: InstrumentRow, labels: Labels, value: number): void {
    this.define(row);
    const samples = this.#rows.get(row.name)?.samples;
    const id = idOf(labels);
    const sample = samples?.get(id);
    if (sample === undefined) samples?.set(id, { labels, value });
    else sample.value = row.kind === 'gauge' ? Math.max(sample.value, value) : sample.value + value;
  }

  /** For each of `names` 1 where it is `now`, and 0 elsewhere, in the label `state`. */
  addState(row: InstrumentRow, labels: Labels, names: readonly string[], now: string): void {
    for (const state of names) this.add(row, { ...labels, state }, state === now ? 1 : 0);
  }

  all(): Instrument[] {
    return Array.from(this.#rows.values(), ({ row, samples }) => ({ ...row, samples: [...samples.values()] }));
  }
}

/** The same for the same values alone, whatever they hold; a scrape makes some ten thousand of them. */
function idOf(labels: Labels): string {
  let id = '';
  for (const value of Object.values(labels)) id += `${value.length} ${value}`;
  return id;
}
