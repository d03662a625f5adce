import { spawn } from 'node:child_process';
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { Tests } from './fault.ts';

/** How a run of tests ended. */
export interface TestRun {
  readonly passed: number;
  readonly failed: number;
  /** 0: all is well. */
  readonly exitCode: number;
  /** Those that failed: the full title, and the first line of what was wrong. */
  readonly failures: readonly string[];
  readonly output: string;
}

/** Limits of a run. */
export interface RunLimits {
  /** For the whole run, in milliseconds; what still runs then is killed. Default: **120,000** */
  readonly timeoutMs?: number | undefined;
  /** For each test, in milliseconds. Default: **that of the shared configuration** */
  readonly testTimeoutMs?: number | undefined;
}

/** Runs tests in a copy of the repository, with the shared configuration. */
export async function runTests(root: string, { folder, file, named }: Tests, { timeoutMs = 120_000, testTimeoutMs }: RunLimits, signal: AbortSignal): Promise<TestRun> {
  const cwd = join(root, folder);
  const report = join(cwd, '.results', 'test.json');
  rmSync(report, { force: true });
  const args = [join(root, 'tooling/vitest/sock-test.mjs'), file];
  if (named !== undefined) args.push('-t', named);
  if (testTimeoutMs !== undefined) args.push(`--testTimeout=${testTimeoutMs}`, `--hookTimeout=${testTimeoutMs}`);
  const { exitCode, output } = await command(process.execPath, args, cwd, timeoutMs, signal);
  return { exitCode, output, ...counts(existsSync(report) ? readFileSync(report, 'utf8') : '{}') };
}

interface Report {
  readonly numPassedTests?: number;
  readonly numFailedTests?: number;
  readonly testResults?: readonly { readonly assertionResults?: readonly { readonly status: string; readonly fullName: string; readonly failureMessages?: readonly string[] }[] }[];
}

/** What vitest's report in JSON says. */
export function counts(json: string): Pick<TestRun, 'passed' | 'failed' | 'failures'> {
  const { numPassedTests = 0, numFailedTests = 0, testResults = [] } = JSON.parse(json) as Report;
  const failures = testResults
    .flatMap(({ assertionResults = [] }) => assertionResults)
    .filter(({ status }) => status === 'failed')
    .map(({ fullName, failureMessages: [message = ''] = [] }) => `${fullName}: ${firstLine(message)}`);
  return { passed: numPassedTests, failed: numFailedTests, failures };
}

function firstLine(message: string): string {
  const line = message.split('\n', 1)[0] as string;
  // What the report of vitest has for a test whose time is up.
  return line === 'Error: STACK_TRACE_ERROR' ? 'it did not end in time' : line;
}

function command(program: string, args: readonly string[], cwd: string, timeoutMs: number, signal: AbortSignal): Promise<{ exitCode: number; output: string }> {
  return new Promise((resolve, reject) => {
    // A group of its own: the runner starts workers, and all of them must go with it.
    const child = spawn(program, args, { cwd, detached: true, env: { ...process.env, CI: 'true', FORCE_COLOR: '0' }, stdio: ['ignore', 'pipe', 'pipe'] });
    let output = '';
    const kill = (): void => {
      if (child.pid === undefined || child.exitCode !== null) return;
      try {
        process.kill(-child.pid, 'SIGKILL');
      } catch {
        // It ended by itself in this very moment.
      }
    };
    const timer = setTimeout(kill, timeoutMs);
    signal.addEventListener('abort', kill);
    const over = (): void => {
      clearTimeout(timer);
      signal.removeEventListener('abort', kill);
    };
    child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
    child.stderr.on('data', (chunk: Buffer) => (output += chunk.toString()));
    child.once('error', (error) => {
      over();
      reject(error);
    });
    child.once('close', (code) => {
      over();
      resolve({ exitCode: code ?? -1, output });
    });
  });
}
