import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync, readFileSync } from 'node:fs';
import type { STEPS } from './syscalls-steps.ts';

/** What is counted on its own, see {@link STEPS}. */
export type Step = keyof typeof STEPS;

/** What happened in one step, in all. */
export interface Counts {
  /** System calls that put bytes into a socket. */
  readonly writes: number;
  /** System calls that ask a socket for bytes. */
  readonly reads: number;
  /** Other system calls on sockets, by name. */
  readonly others: Readonly<Record<string, number>>;
  /** How often the process asked the system what is ready. */
  readonly polls: number;
  /** Timers of JavaScript that were made. They are no system calls, but wake a process that sleeps. */
  readonly timers: number;
}

/**
 * Runs the program under strace, which writes to `log`, and counts between its marks. Its main thread alone is traced: all sockets are served there, and what helper threads do depends on the moment.
 *
 * @throws Error with the words of strace and of the program, and with the cure where strace may not trace
 */
export async function trace(program: string, args: readonly string[], log: string): Promise<Readonly<Record<Step, Counts>>> {
  const words = `${log}.words`;
  // Files, for a pipe to a child is a socket, too.
  const output = openSync(words, 'w');
  const options = ['-qq', '-y', '-s', '0', '-e', 'signal=none', '-e', `trace=${TRACED.join(',')}`, '-o', log];
  // Nothing goes past the calls that are counted: where it may, libuv hands some to a ring.
  const env = { ...process.env, UV_USE_IO_URING: '0', NODE_OPTIONS: '' };
  const child = spawn('strace', [...options, process.execPath, program, ...args], { env, stdio: ['ignore', output, output], timeout: 30_000 });
  const [code, signal] = (await once(child, 'close').finally(() => closeSync(output))) as [number | null, string | null];
  if (code !== 0) throw new Error(`the program under strace ended with ${signal ?? code}. ${CURE}\n${readFileSync(words, 'utf8')}`);
  return countLines(readFileSync(log, 'utf8').split('\n'));
}

/** What strace writes down. A name with a question mark is not there on every processor. */
const TRACED = [
  '%network', 'read', 'readv', 'write', 'writev', 'close', 'ioctl', 'fcntl', 'epoll_ctl', '?epoll_wait', '?epoll_pwait', '?epoll_pwait2', '?access', '?faccessat', '?faccessat2',
];

const CURE = 'Where strace says below that ptrace is not permitted, permit it (docker run --cap-add=SYS_PTRACE; sysctl kernel.yama.ptrace_scope=1): system calls are counted by nothing else, and this test is not skipped.';

const MARK = /\("\/dev\/null\/(?<name>[^/]+)\/(?<timers>\d+)"/;
const WRITES = new Set(['write', 'writev', 'sendto', 'sendmsg', 'sendmmsg']);
const READS = new Set(['read', 'readv', 'recvfrom', 'recvmsg', 'recvmmsg']);

type Writable<T> = { -readonly [K in keyof T]: T[K] };

/** Counts in the lines of a trace: `writev(19<socket:[7719801]>, [...], 3) = 196872`. */
function countLines(lines: readonly string[]): Record<Step, Counts> {
  const counts: Record<string, Counts> = {};
  let step: (Writable<Counts> & { readonly others: Record<string, number> }) | undefined;
  for (const line of lines) {
    const { name, timers } = MARK.exec(line)?.groups ?? {};
    const call = line.slice(0, line.indexOf('('));
    if (name === 'end' && step !== undefined) {
      step.timers += Number(timers);
      step = undefined;
    } else if (name !== undefined) counts[name] = step = { writes: 0, reads: 0, others: {}, polls: 0, timers: -Number(timers) };
    else if (step === undefined) continue;
    else if (/^epoll_p?wait/.test(call)) step.polls += 1;
    else if (!line.includes('<socket:[')) continue;
    else if (WRITES.has(call)) step.writes += 1;
    else if (READS.has(call)) step.reads += 1;
    else step.others[call] = (step.others[call] ?? 0) + 1;
  }
  return counts;
}
