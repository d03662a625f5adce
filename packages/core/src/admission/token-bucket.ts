import { SocketError } from '../errors.ts';

/** So many in a second, a minute or an hour, as `"100/s"`; or in numbers, with a burst of its own. */
export type Rate =
  | `${number}/${'s' | 'm' | 'h'}`
  | {
    /** Above 0; a fraction is fine. */
    readonly perSecond: number;
    /** How many at once after a quiet time; a whole number from 1 on. Default: **one second's worth, at least 1** */
    readonly burst?: number | undefined;
  };

/** Allows a steady rate, and bursts up to a limit. Starts full. */
export class TokenBucket {
  readonly perSecond: number;
  readonly burst: number;
  readonly #now: () => number;
  #tokens: number;
  #at: number;

  /**
   * @param now - milliseconds of a clock that does not go back
   * @throws `ERR_SOCK_ARGUMENT` for a rate that is none
   */
  constructor(rate: Rate, now: () => number) {
    const { perSecond, burst } = parseRate(rate);
    this.perSecond = perSecond;
    this.burst = burst;
    this.#now = now;
    this.#tokens = burst;
    this.#at = now();
  }

  /** How many may be taken now; the fraction is on its way. */
  get tokens(): number {
    const now = this.#now();
    // A clock that goes back, against the rule, neither gives nor takes.
    if (now > this.#at) {
      this.#tokens = Math.min(this.burst, this.#tokens + ((now - this.#at) * this.perSecond) / 1000);
      this.#at = now;
    }
    return this.#tokens;
  }

  /** Takes one if there is one. */
  take(): boolean {
    // A millionth short is what adding fractions leaves, not a token too few.
    if (this.tokens < 1 - 1e-6) return false;
    this.#tokens = Math.max(0, this.#tokens - 1);
    return true;
  }
}

const SECONDS: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3600 };

function parseRate(rate: unknown): { perSecond: number; burst: number } {
  const [, count, unit = ''] = typeof rate === 'string' ? (/^(\d{1,9}(?:\.\d{1,9})?)\/([smh])$/.exec(rate) ?? []) : [];
  const { perSecond, burst }: { perSecond?: unknown; burst?: unknown } = count !== undefined ? { perSecond: Number(count) / (SECONDS[unit] as number) } : typeof rate === 'object' && rate !== null ? rate : {};
  if (typeof perSecond !== 'number' || !(perSecond > 0) || perSecond > 1e9) throw badRate('rate', 'takes "100/s", "60/m", "5/h" or { perSecond, burst }, above 0 and up to 1e9 in a second');
  const most = burst ?? Math.max(1, Math.ceil(perSecond));
  if (!Number.isSafeInteger(most) || (most as number) < 1) throw badRate('rate.burst', 'takes a whole number from 1 on');
  return { perSecond, burst: most as number };
}

function badRate(option: string, why: string): SocketError<'ERR_SOCK_ARGUMENT'> {
  return new SocketError('ERR_SOCK_ARGUMENT', `admit() ${option} ${why}`, { phase: 'config', category: 'usage' });
}
