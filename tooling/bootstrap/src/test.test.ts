import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished, vi } from 'vitest';
import { report } from './test.mjs';

function packageWith(passed: number, skipped = 0): Parameters<typeof report>[0][number] {
  const folder = mkdtempSync(join(tmpdir(), 'sock-report-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  mkdirSync(join(folder, '.results'));
  const counts = { numPassedTests: passed, numFailedTests: 0, numPendingTests: skipped, numTodoTests: 0 };
  writeFileSync(join(folder, '.results', 'test.json'), JSON.stringify({ ...counts, testResults: [{ status: 'passed', assertionResults: [] }] }));
  writeFileSync(join(folder, '.results', 'exit-code'), '0\n');
  return { name: '@sock/sample', folder, scripts: {} };
}

function closing(...args: Parameters<typeof report>): { code: number; line: string | undefined } {
  const write = vi.spyOn(process.stdout, 'write').mockReturnValue(true);
  const code = report(...args);
  const text = write.mock.calls.join('');
  write.mockRestore();
  return { code, line: text.trimEnd().split('\n').at(-1) };
}

it('the last line is the sum over the packages', () => {
  expect(closing([packageWith(3), packageWith(4)], 0)).toEqual({ code: 0, line: '7 passed, 0 failed, 0 skipped' });
});

it('a skip fails the run', () => {
  expect(closing([packageWith(3, 1)], 0)).toEqual({ code: 1, line: '3 passed, 0 failed, 1 skipped' });
});

it('a failure of turbo that no package shows is counted', () => {
  expect(closing([packageWith(3)], 2)).toEqual({ code: 1, line: '3 passed, 1 failed, 0 skipped' });
});

it('a run in which nothing passed fails', () => {
  expect(closing([], 0)).toEqual({ code: 1, line: '0 passed, 0 failed, 0 skipped' });
});
