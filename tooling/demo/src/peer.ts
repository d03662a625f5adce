import { fork } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import type { PeerOrder, PeerPorts, PeerReport } from './peer-messages.ts';

/** The other end of every connection. */
export interface Peer {
  readonly ports: PeerPorts;
  /** Aborts when the peer died. */
  readonly lost: AbortSignal;
  /** Ends it. @throws the reason of `lost`, when it had died before */
  close(): Promise<void>;
}

export type StartPeer = (order: PeerOrder) => Promise<Peer>;

/**
 * Starts the servers in a process of their own, so that both ends do not share one event loop. The process ends when this one
 * closes the channel to it, and so also when this one dies.
 *
 * @throws Error when the servers could not start
 */
export const forkPeer: StartPeer = async (order) => {
  const child = fork(new URL('./peer-main.js', import.meta.url), { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
  const lost = new AbortController();
  const ended = new Promise<void>((resolve) => {
    child.once('exit', (code, signal) => {
      if (code !== 0) lost.abort(new Error(`the server process has died (${signal ?? `exit code ${code}`})`));
      resolve();
    });
  });
  const close = async (): Promise<void> => {
    if (child.connected) child.disconnect();
    await ended;
    lost.signal.throwIfAborted();
  };
  try {
    return { ports: await started(child, order), lost: lost.signal, close };
  } catch (error) {
    await close();
    throw error;
  }
};

function started(child: ChildProcess, order: PeerOrder): Promise<PeerPorts> {
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', () => reject(new Error('the server process ended before it was ready')));
    child.once('message', (report: PeerReport) => {
      if ('ports' in report) resolve(report.ports);
      else reject(new Error(report.failure));
    });
    child.send(order);
  });
}
