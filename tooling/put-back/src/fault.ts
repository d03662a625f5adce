/** A fault that must not come back, and the tests that see to it. */
export interface Fault {
  /** Unique; `npm run put-back -- NAME` takes any part of it. It begins with the fault's number in the list of traps, where it has one. */
  readonly name: string;
  /** What puts it into the code; all edits together make one fault. */
  readonly edits: readonly Edit[];
  readonly tests: Tests;
}

/** A piece of a file and what stands there instead. */
export interface Edit {
  /** From the root of the repository. */
  readonly file: string;
  /** Stands exactly once in the file: a fault that lands somewhere else would prove nothing. */
  readonly find: string;
  readonly replace: string;
}

/** The tests that must fail with the fault, and pass without it. */
export interface Tests {
  /** The package's folder, from the root. */
  readonly folder: string;
  /** From the package's folder. */
  readonly file: string;
  /** A regular expression for the full titles, as `-t` of vitest takes it. Default: **all tests of the file** */
  readonly named?: string | undefined;
}
