import type { Contestant, Link } from './link.ts';
import type { Session } from './session.ts';
import { quantile } from '@sock/bench/statistics';

/** Round-trip times in microseconds, and what protected them. */
export interface Latency {
  readonly protocol: string | undefined;
  readonly cipher: string | undefined;
  readonly p50: number;
  readonly p99: number;
}

export const PING_BYTES = 64;
const BLOCKS = 4;
const PINGS_PER_BLOCK = 1000;
/** Of every block, not counted: the connection is new, and so may be the compiled code. */
const WARM_UP = 250;

/** Times pings over one connection each, in blocks that take turns. */
export async function measureLatency(session: Session, contestants: readonly Contestant[]): Promise<ReadonlyMap<Contestant, Latency>> {
  const samples = new Map<Contestant, number[]>();
  const latency = new Map<Contestant, Latency>();
  session.progress.begin('pinging', BLOCKS * contestants.length);
  for (let block = 0; block < BLOCKS; block += 1) {
    for (const contestant of contestants) {
      const times = samples.get(contestant) ?? [];
      samples.set(contestant, times);
      const pings = async ([link]: readonly Link[]): Promise<void> => {
        if (link === undefined) return;
        times.push(...(await link.roundTrips(WARM_UP + PINGS_PER_BLOCK, PING_BYTES)).slice(WARM_UP));
        latency.set(contestant, { protocol: link.protocol, cipher: link.cipher, p50: quantile(times, 0.5), p99: quantile(times, 0.99) });
      };
      await session.progress.during(contestant.name, 1, undefined, () => session.use(contestant, 1, pings));
    }
  }
  return latency;
}
