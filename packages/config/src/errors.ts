import { type ConfigProblem, showName, showSource } from './problem.ts';

/**
 * The configuration is wrong. One error carries every problem that was found, so that one run tells all there is to mend.
 *
 * Has the shape of the errors of the other packages (`code`, `phase`, `category`, `retryable`).
 */
export class ConfigError extends Error {
  override readonly name: 'ConfigError' = 'ConfigError';
  readonly code: 'ERR_SOCK_CONFIG' = 'ERR_SOCK_CONFIG';
  readonly phase: 'config' = 'config';
  readonly category: 'config' = 'config';
  /** The same configuration fails again. */
  readonly retryable: false = false;
  /** Every problem, in the order in which it was found; the message has a line for each. */
  readonly problems: readonly ConfigProblem[];

  constructor(problems: readonly ConfigProblem[], options?: ErrorOptions) {
    super(`Invalid configuration:${problems.map((problem) => `\n  ${line(problem)}`).join('')}`, options);
    this.problems = problems;
  }
}

function line({ key, source, found, allowed, nearest }: ConfigProblem): string {
  const hint = nearest === undefined ? '' : `; did you mean ${nearest}?`;
  return `${showName(key)}: found ${found} in ${showSource(source)}; allowed: ${allowed}${hint}`;
}
