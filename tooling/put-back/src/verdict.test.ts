import { expect, test } from 'vitest';
import type { Fault } from './fault.ts';
import { healthy } from './put-back.ts';
import type { TestRun } from './test-run.ts';
import { counts } from './test-run.ts';
import { isGood, judgeFault, judgeHealthy } from './verdict.ts';

const tests = { folder: 'packages/x', file: 'src/x.test.ts' };
const fault: Fault = { name: '3 plain text', edits: [], tests };
const run = (passed: number, failed: number, exitCode: number): TestRun => ({ passed, failed, exitCode, failures: [], output: 'what it printed' });

test.each([
  ['noticed', run(1, 2, 1), '✓ 3 plain text: 2 of 3 tests fail'],
  ['noticed', run(0, 1, 1), '✓ 3 plain text: 1 of 1 test fails'],
  ['unnoticed', run(4, 0, 0), '✗ 3 plain text: nobody notices, 4 tests of packages/x/src/x.test.ts pass'],
  ['unclear', run(0, 0, 1), '✗ 3 plain text: no test ran (packages/x/src/x.test.ts)'],
  ['unclear', run(0, 0, 0), '✗ 3 plain text: no test ran (packages/x/src/x.test.ts)'],
  ['unclear', run(4, 0, 1), '✗ 3 plain text: the run failed, but no test did (packages/x/src/x.test.ts)'],
] as const)('a fault is %s', (kind, outcome, line) => {
  const verdict = judgeFault(fault, outcome);
  expect(verdict).toMatchObject({ kind, line });
  expect(isGood(verdict)).toBe(kind === 'noticed');
  expect(verdict.detail).toBe(kind === 'unclear' ? 'what it printed' : undefined);
});

test.each([
  ['healthy', run(3, 0, 0)],
  ['ill', run(3, 1, 1)],
  ['ill', run(0, 0, 0)],
  ['ill', run(3, 0, 1)],
] as const)('without a fault the tests are %s', (kind, outcome) => {
  expect(judgeHealthy(tests, outcome)).toMatchObject({ kind });
  expect(isGood(judgeHealthy(tests, outcome))).toBe(kind === 'healthy');
});

test('a report of vitest is counted; none at all is no test', () => {
  const report = { numPassedTests: 1, numFailedTests: 1, testResults: [{ assertionResults: [{ status: 'passed', fullName: 'a b' }, { status: 'failed', fullName: 'a c', failureMessages: ['expected 1\n  at here'] }, { status: 'failed', fullName: 'a d', failureMessages: ['Error: STACK_TRACE_ERROR\n  at there'] }] }] };
  expect(counts(JSON.stringify(report))).toEqual({ passed: 1, failed: 1, failures: ['a c: expected 1', 'a d: it did not end in time'] });
  expect(counts('{}')).toEqual({ passed: 0, failed: 0, failures: [] });
});

test('tests of one file run once without a fault, all of them when one fault names no part', () => {
  const of = (file: string, named?: string): Fault => ({ name: file, edits: [], tests: { folder: 'p', file, named } });
  expect(healthy([of('a', 'x'), of('b', 'z'), of('a', 'y'), of('c', 'v'), of('c')])).toEqual([
    { folder: 'p', file: 'a', named: 'x|y' }, { folder: 'p', file: 'b', named: 'z' }, { folder: 'p', file: 'c', named: undefined },
  ]);
});
