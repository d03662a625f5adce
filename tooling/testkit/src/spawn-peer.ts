import { spawn } from 'node:child_process';
import { once } from 'node:events';

/** A program that runs beside the test. */
export interface SpawnedPeer extends AsyncDisposable {
  readonly pid: number;
  /** What it has printed so far, both streams in the order in which they came. */
  readonly output: string;
  /** The first line that `wanted` matches, past or future; rejects when the program ends before. */
  line(wanted: RegExp): Promise<RegExpExecArray>;
  /** Types into its standard input. */
  write(words: string | Uint8Array): void;
  /** Resolves with its exit code, or the name of the signal that ended it. */
  readonly exit: Promise<number | string>;
  /** Ends it, by its pid alone, and waits until it is gone. */
  stop(): Promise<void>;
}

/**
 * Runs a real program as a peer. The caller stops it: `await using peer = spawnPeer('openssl', ['s_server', …])`.
 */
export function spawnPeer(command: string, args: readonly string[], options: { readonly env?: NodeJS.ProcessEnv; readonly cwd?: string } = {}): SpawnedPeer {
  const child = spawn(command, args, { ...options, stdio: 'pipe' });
  let output = '';
  let gone: number | string | undefined;
  const watchers = new Set<() => void>();
  const changed = (): void => {
    for (const watcher of watchers) watcher();
  };
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8');
    stream.on('data', (words: string) => {
      output += words;
      changed();
    });
  }
  // A program that ends while the test still types is told through `exit`.
  child.stdin.on('error', () => {});
  const exit = new Promise<number | string>((resolve) => {
    child.once('error', (error) => resolve(error.message));
    child.once('close', (code, signal) => resolve(code ?? signal ?? 'unknown'));
  });
  void exit.then((how) => {
    gone = how;
    changed();
  });
  const stop = async (): Promise<void> => {
    if (gone !== undefined) return;
    child.kill('SIGKILL');
    if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
    await exit;
  };
  return {
    pid: child.pid ?? -1,
    get output() {
      return output;
    },
    exit,
    line: (wanted) =>
      new Promise((resolve, reject) => {
        const look = (): void => {
          const found = output.split('\n').map((line) => wanted.exec(line)).find((match) => match !== null);
          if (found === undefined && gone === undefined) return;
          watchers.delete(look);
          if (found !== undefined) resolve(found);
          else reject(new Error(`${command} ended (${gone}) and never printed ${wanted}:\n${output}`));
        };
        watchers.add(look);
        look();
      }),
    write: (words) => void child.stdin.write(words),
    stop,
    [Symbol.asyncDispose]: stop,
  };
}
