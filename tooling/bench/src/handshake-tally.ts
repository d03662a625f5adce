import type { Tally } from './orders.ts';
import type { HandshakeKind } from './work.ts';

/** Counts the handshakes of a server, and what they cost its process. */
export class HandshakeTally {
  #full = 0;
  #resumed = 0;
  #cpu = process.cpuUsage();

  readonly count = (resumed: boolean): void => {
    if (resumed) this.#resumed += 1;
    else this.#full += 1;
  };

  /** What there was since it was asked last. */
  take(): Tally {
    const { user, system } = process.cpuUsage(this.#cpu);
    const tally = { full: this.#full, resumed: this.#resumed, cpuSeconds: (user + system) / 1e6 };
    this.#full = 0;
    this.#resumed = 0;
    this.#cpu = process.cpuUsage();
    return tally;
  }
}

/** Throws unless a server saw the handshakes of a run. The client checks each of them as well; its first one has nothing to resume. */
export function checkTally(kind: HandshakeKind, count: number, { full, resumed }: Pick<Tally, 'full' | 'resumed'>): void {
  const allowed = kind === 'full' ? resumed === 0 : full <= 1;
  if (allowed && full + resumed === count) return;
  throw new Error(`${count} ${kind} handshakes were measured, but the server saw ${full} full and ${resumed} resumed ones`);
}
