import type { Contestant } from './link.ts';
import type { Direction, Session } from './session.ts';

/** Megabytes (10⁶ bytes) per second of one contestant, one entry per round. */
export type Speeds = Readonly<Record<Direction, readonly number[]>>;

/** A timed run: rounds in which every contestant has its turn, so that a slow moment of the machine meets all of them. */
export interface SpeedRun {
  readonly rounds: number;
  readonly speeds: ReadonlyMap<Contestant, Speeds>;
}

const MOST_ROUNDS = 5;
/** No further round begins after this time: large files, many connections and busy machines have fewer rounds. */
const BUDGET_MS = 8000;
/** Below this a transfer says nothing about speed. */
export const SMALLEST_TIMED_BYTES: number = 4_000_000;

/**
 * Times the transfers, without hashing.
 *
 * @throws Error when a byte is missing
 */
export async function measureSpeeds(session: Session, contestants: readonly Contestant[]): Promise<SpeedRun> {
  const speeds = new Map(contestants.map((contestant) => [contestant, { up: [] as number[], down: [] as number[] }]));
  session.progress.begin('timing', session.transferBytes * contestants.length * 2 * MOST_ROUNDS);
  const start = performance.now();
  let rounds = 0;
  while (rounds < MOST_ROUNDS && (rounds === 0 || performance.now() - start < BUDGET_MS)) {
    for (const direction of ['up', 'down'] as const) {
      // Every other round the other way round: whoever comes first finds the caches of another.
      const order = rounds % 2 === 0 ? contestants : contestants.toReversed();
      for (const contestant of order) speeds.get(contestant)?.[direction].push(await timed(session, contestant, direction));
    }
    rounds += 1;
  }
  return { rounds, speeds };
}

async function timed(session: Session, contestant: Contestant, direction: Direction): Promise<number> {
  const { receipts, seconds } = await session.transfer(contestant, direction, false);
  for (const { bytes } of receipts) {
    if (bytes !== session.file.size) throw new Error(`${contestant.name}, ${direction}: ${bytes} bytes arrived instead of ${session.file.size}`);
  }
  return session.transferBytes / 1e6 / seconds;
}
