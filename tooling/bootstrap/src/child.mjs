import { spawn } from 'node:child_process';
import { constants } from 'node:os';

/** @typedef {{ root: string, env: NodeJS.ProcessEnv }} Place where a command runs, and with which environment */

const FORWARDED = /** @type {const} */ (['SIGINT', 'SIGTERM', 'SIGHUP']);

/**
 * Runs a command on this terminal and answers its exit code (128 + number when a signal ended it).
 *
 * A signal for us is a signal for the command: it gets to end in its own way, and we wait for it.
 * @param {string} command
 * @param {readonly string[]} args
 * @param {Place} place
 * @returns {Promise<number>}
 */
export function run(command, args, place) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { cwd: place.root, env: place.env, stdio: 'inherit' });
    /** @type {Set<NodeJS.Signals>} */
    const sent = new Set();
    /** @param {NodeJS.Signals} signal */
    const forward = (signal) => {
      // Ctrl-C on a terminal reaches every process of the group by itself, and npm repeats it to us once more.
      if (sent.has(signal) || (signal === 'SIGINT' && process.stdin.isTTY)) return;
      sent.add(signal);
      child.kill(signal);
    };
    for (const signal of FORWARDED) process.on(signal, forward);
    const settle = () => {
      for (const signal of FORWARDED) process.off(signal, forward);
    };
    child.once('error', (cause) => {
      settle();
      reject(new Error(`Could not start ${command}: ${cause.message}`, { cause }));
    });
    child.once('exit', (code, signal) => {
      settle();
      resolve(code ?? 128 + (signal === null ? 1 : constants.signals[signal]));
    });
  });
}
