import { spawn } from 'node:child_process';

/** How a command ended. */
export interface Outcome {
  /** 0 is good; a signal is reported as -1. */
  readonly code: number;
  /** Standard output and standard error, in the order in which they came. */
  readonly output: string;
  /** Whether it was stopped because it took too long. */
  readonly timedOut: boolean;
}

/** Where and how long a command may run. */
export interface CommandOptions {
  readonly cwd: string;
  readonly env?: NodeJS.ProcessEnv;
  /** After this time it is killed. **120,000**: every command of the checks takes seconds. */
  readonly timeoutMs?: number;
}

/** Runs a command to its end and keeps what it prints. Never rejects for an exit code; rejects when it cannot start. */
export function command(program: string, args: readonly string[], options: CommandOptions): Promise<Outcome> {
  const { cwd, env = process.env, timeoutMs = 120_000 } = options;
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { cwd, env, stdio: ['ignore', 'pipe', 'pipe'] });
    let output = '';
    let timedOut = false;
    const timer = setTimeout(() => {
      timedOut = true;
      child.kill('SIGKILL');
    }, timeoutMs);
    const keep = (chunk: Buffer): void => {
      output += chunk.toString();
    };
    child.stdout.on('data', keep);
    child.stderr.on('data', keep);
    child.once('error', reject);
    child.once('close', (code) => {
      clearTimeout(timer);
      resolve({ code: code ?? -1, output, timedOut });
    });
  });
}

/** The same, for a command that has to succeed. @throws Error with everything that it printed */
export async function succeed(program: string, args: readonly string[], options: CommandOptions): Promise<string> {
  const { code, output } = await command(program, args, options);
  if (code !== 0) throw new Error(`${program} ${args.join(' ')} ended with exit code ${code}:\n${output}`);
  return output;
}
