import type { Repository } from './repository.ts';

/** Something that a check found: where it is, what is wrong, and what to do instead. */
export interface Problem {
  /** Path from the root of the repository. */
  readonly file: string;
  /** Counted from 1; absent when it is the whole file. */
  readonly line?: number;
  readonly message: string;
  /** One sentence for whoever ran into it and does not know the rule. */
  readonly cure: string;
  /** **`'error'`**; a warning is printed and fails nothing. */
  readonly severity?: 'error' | 'warning';
}

/**
 * One check of the repository. What it answers is wrong; what it says is for whoever reads along (sizes, counts).
 */
export type Check = (repository: Repository, say: (line: string) => void) => Problem[] | Promise<Problem[]>;

/** `file:line`, which terminals and editors turn into a link, then the message and the cure. */
export function formatProblem({ file, line, message, cure, severity }: Problem): string {
  const place = line === undefined ? file : `${file}:${line}`;
  return `${place}: ${severity === 'warning' ? 'warning: ' : ''}${message}\n    ${cure}`;
}
