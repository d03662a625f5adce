import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** @typedef {{ passed: number, failed: number, skipped: number }} Counts */
/** @typedef {{ counts: Counts, trouble?: string }} Result what one package's tests came to, and what was wrong beyond single tests */

/** @type {Counts} */
export const NONE = { passed: 0, failed: 0, skipped: 0 };

/**
 * Reads what `sock-test` left in a package's `.results`: vitest's JSON report, and vitest's exit code beside it.
 *
 * Whatever is not a clean pass counts as at least one failure: a missing or broken report, a file that did not load, an
 * exit code that the report does not explain (an unhandled rejection, for one).
 * @param {string} folder
 * @returns {Result}
 */
export function readResult(folder) {
  let report;
  try {
    report = JSON.parse(readFileSync(join(folder, '.results', 'test.json'), 'utf8'));
  } catch (cause) {
    return { counts: { ...NONE, failed: 1 }, trouble: `no test result (${cause instanceof Error ? cause.message : cause})` };
  }
  const exitCode = readExitCode(folder);
  const unloaded = report.testResults.filter(
    (/** @type {FileReport} */ file) => file.status === 'failed' && !file.assertionResults.some(({ status }) => status === 'failed'),
  ).length;
  const failed = report.numFailedTests + unloaded;
  const counts = { passed: report.numPassedTests, failed, skipped: report.numPendingTests + report.numTodoTests };
  if (failed === 0 && exitCode !== '0') {
    if (report.testResults.length === 0) return { counts: { ...NONE, failed: 1 }, trouble: 'there is no test' };
    return { counts: { ...counts, failed: 1 }, trouble: `vitest ended with exit code ${exitCode} although no test failed` };
  }
  return unloaded > 0 ? { counts, trouble: `${unloaded} test files failed outside of a test` } : { counts };
}

/** @typedef {{ status: string, assertionResults: { status: string }[] }} FileReport */

/** @param {string} folder */
function readExitCode(folder) {
  try {
    return readFileSync(join(folder, '.results', 'exit-code'), 'utf8').trim();
  } catch {
    return 'none'; // The run was killed before it could write one.
  }
}

/**
 * @param {Counts} a
 * @param {Counts} b
 * @returns {Counts}
 */
export function add(a, b) {
  return { passed: a.passed + b.passed, failed: a.failed + b.failed, skipped: a.skipped + b.skipped };
}
