import type { Fault, Tests } from './fault.ts';
import type { TestRun } from './test-run.ts';

/**
 * - `noticed`: at least one test failed
 * - `unnoticed`: every test passed with the fault in place
 * - `unclear`: the fault could not be put in, or no test ran
 * - `healthy`, `ill`: the tests without any fault
 */
export interface Verdict {
  readonly kind: 'noticed' | 'unnoticed' | 'unclear' | 'healthy' | 'ill';
  /** For people, in one line. */
  readonly line: string;
  /** More for whoever has to mend it: the output of the tests. */
  readonly detail?: string | undefined;
  /** Of a fault that was noticed: which tests failed, and how. Whether that is for the fault's sake, a reader has to say. */
  readonly why?: readonly string[] | undefined;
}

/** Whether a verdict is what it should be. */
export function isGood({ kind }: Verdict): boolean {
  return kind === 'noticed' || kind === 'healthy';
}

/** What a run with the fault in place means. A run without any test that failed is no proof, whatever its exit code. */
export function judgeFault({ name, tests }: Fault, { passed, failed, failures, exitCode, output }: TestRun): Verdict {
  if (failed > 0) return { kind: 'noticed', line: `✓ ${name}: ${failed} of ${plural(passed + failed)} ${failed === 1 ? 'fails' : 'fail'}`, why: failures };
  if (passed > 0 && exitCode === 0) return { kind: 'unnoticed', line: `✗ ${name}: nobody notices, ${plural(passed)} of ${place(tests)} pass` };
  const why = passed > 0 ? 'the run failed, but no test did' : 'no test ran';
  return { kind: 'unclear', line: `✗ ${name}: ${why} (${place(tests)})`, detail: output };
}

/** What a run without any fault means. */
export function judgeHealthy(tests: Tests, { passed, failed, exitCode, output }: TestRun): Verdict {
  if (passed > 0 && failed === 0 && exitCode === 0) return { kind: 'healthy', line: `· ${place(tests)}: ${plural(passed)} ${passed === 1 ? 'passes' : 'pass'} without a fault` };
  return { kind: 'ill', line: `✗ ${place(tests)}: ${failed} of ${plural(passed + failed)} fail without any fault, so nothing can be learned from them`, detail: output };
}

/** A fault that could not be put in. */
export function notPutIn({ name }: Fault, error: unknown): Verdict {
  return { kind: 'unclear', line: `✗ ${name}: ${error instanceof Error ? error.message : String(error)}` };
}

/** Where tests stand. */
export function place({ folder, file }: Tests): string {
  return `${folder}/${file}`;
}

function plural(count: number): string {
  return `${count} ${count === 1 ? 'test' : 'tests'}`;
}
