import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readResult } from './results.mjs';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'sock-results-'));
  mkdirSync(join(folder, '.results'));
});
afterEach(() => rmSync(folder, { recursive: true }));

const PASSED = { status: 'passed', assertionResults: [{ status: 'passed' }] };

function leave(report: object, exitCode?: string): void {
  const counts = { numPassedTests: 3, numFailedTests: 0, numPendingTests: 0, numTodoTests: 0, testResults: [PASSED] };
  writeFileSync(join(folder, '.results', 'test.json'), JSON.stringify({ ...counts, ...report }));
  if (exitCode !== undefined) writeFileSync(join(folder, '.results', 'exit-code'), `${exitCode}\n`);
}

describe('the result of a package', () => {
  it('is the counts of a clean run', () => {
    leave({}, '0');
    expect(readResult(folder)).toEqual({ counts: { passed: 3, failed: 0, skipped: 0 } });
  });

  it('is a failure when the package left none', () => {
    expect(readResult(folder)).toMatchObject({ counts: { failed: 1 }, trouble: expect.stringContaining('no test result') });
  });

  it('is a failure when the report was cut off', () => {
    writeFileSync(join(folder, '.results', 'test.json'), '{"numPassedTests": 3');
    expect(readResult(folder).counts.failed).toBe(1);
  });

  it('is a failure when vitest failed for a reason that no test shows', () => {
    leave({}, '1');
    expect(readResult(folder)).toMatchObject({ counts: { passed: 3, failed: 1 }, trouble: expect.stringContaining('exit code 1') });
  });

  it('is a failure when the run was killed before its end', () => {
    leave({});
    expect(readResult(folder).counts.failed).toBe(1);
  });

  it('is a failure when there is no test', () => {
    leave({ numPassedTests: 0, testResults: [] }, '1');
    expect(readResult(folder)).toEqual({ counts: { passed: 0, failed: 1, skipped: 0 }, trouble: 'there is no test' });
  });

  it('counts a file that did not load as one failure', () => {
    leave({ testResults: [PASSED, { status: 'failed', assertionResults: [] }] }, '1');
    expect(readResult(folder).counts).toEqual({ passed: 3, failed: 1, skipped: 0 });
  });

  it('counts skipped and planned tests as skipped', () => {
    leave({ numPendingTests: 2, numTodoTests: 1 }, '0');
    expect(readResult(folder).counts.skipped).toBe(3);
  });
});
