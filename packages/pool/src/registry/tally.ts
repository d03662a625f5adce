import type { EndReason } from './connection.ts';

/** Why `add()` refused a socket. `closed`: the registry drains or has stopped. `duplicate`: the socket was inside already. */
export type RefusalReason = 'maxConnections' | 'maxPerAddress' | 'closed' | 'duplicate';

/** Counts of a registry's broadcasts: calls, and connections by what became of each message. */
export interface BroadcastStats {
  readonly calls: number;
  readonly sent: number;
  readonly skipped: number;
  readonly dropped: number;
  readonly gone: number;
}

/** Counters of a registry so far, and gauges of now. */
export interface RegistryStats {
  readonly state: 'running' | 'draining' | 'stopped';
  /** In the registry now: all that have a place. */
  readonly open: number;
  /** Of these, on their way out. */
  readonly closing: number;
  /** The most that there were at the same time. */
  readonly peak: number;
  /** Addresses and prefixes that have a connection now; `addresses()` has the count of each. */
  readonly addresses: number;
  /** Added so far. It is always `open` and all that were removed. */
  readonly added: number;
  /** Left so far, by reason. */
  readonly removed: Readonly<Record<EndReason, number>>;
  /** Refused so far, by reason. */
  readonly refused: Readonly<Record<RefusalReason, number>>;
  readonly broadcasts: BroadcastStats;
}

/** The counters. */
export class Tally {
  added = 0;
  closing = 0;
  peak = 0;
  readonly removed: Record<EndReason, number> = { peer: 0, local: 0, reset: 0, timeout: 0, error: 0, idle: 0, drained: 0, forced: 0, slow: 0, removed: 0, lost: 0 };
  readonly refused: Record<RefusalReason, number> = { maxConnections: 0, maxPerAddress: 0, closed: 0, duplicate: 0 };
  readonly broadcasts: { -readonly [K in keyof BroadcastStats]: number } = { calls: 0, sent: 0, skipped: 0, dropped: 0, gone: 0 };

  snapshot(): Pick<RegistryStats, 'added' | 'closing' | 'peak' | 'removed' | 'refused' | 'broadcasts'> {
    const { added, closing, peak, removed, refused, broadcasts } = this;
    return { added, closing, peak, removed: { ...removed }, refused: { ...refused }, broadcasts: { ...broadcasts } };
  }
}
