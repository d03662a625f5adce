import { checkNames, wrongOption } from '@sock/config';
import type { Cancel, Socket } from '@sock/core';
import type { Clock } from '@sock/core/timing';
import { systemClock } from '@sock/core/timing';
import type { HealthLimits, HealthLimitsInput } from './health/health-section.ts';
import { healthLimits } from './health/health-section.ts';
import type { PoolObserver } from './pool-observer.ts';
import type { PoolLimits, PoolLimitsInput } from './pool-section.ts';
import { poolSection } from './pool-section.ts';
import { TurnClock } from './turn-clock.ts';

/** A connection of a pool, as its hooks see it. */
export interface PooledConnection<T = unknown, D = unknown> {
  readonly socket: Socket;
  /** What `prepare` answered with, or a lease put there. */
  data: D;
  /** The endpoint that was dialled. */
  readonly target: T;
  /** Never used for another connection of this pool. */
  readonly id: number;
  /** Leases that it has served. */
  readonly uses: number;
}

/** Where measured times go: nanoseconds, whole numbers from 1 on. A histogram of `node:perf_hooks` is one; see the entry `metrics`. */
export interface Recorder {
  /** Takes one time. */
  record(nanoseconds: number): void;
}

/** The times that a pool measures. Each that is left out costs nothing. */
export interface PoolRecorders {
  /** From `acquire` to the lease, of those that were answered with one. */
  readonly wait?: Recorder | undefined;
  /** Of dials that succeeded, `prepare` included. */
  readonly create?: Recorder | undefined;
  /** From the lease to its release. */
  readonly use?: Recorder | undefined;
}

/** Options of `createPool`: its limits (see {@link PoolLimitsInput}), and what it asks the program to do. */
export interface PoolOptions<T = unknown, D = unknown> extends PoolLimitsInput {
  /**
   * Makes a new connection ready (a greeting, a login) and answers with the data that stays with it. It has the time that `connectTimeout` has left. What it
   * throws is the failure of the dial. Default: **none; the data is `undefined`**
   */
  readonly prepare?: ((socket: Socket, target: T, cancel: Cancel) => D | PromiseLike<D>) | undefined;
  /** Looks whether an idle connection still works, before it is leased; see `validateAfter`. To throw, or to answer `false`, evicts it. Default: **none** */
  readonly validate?: ((connection: PooledConnection<T, D>, cancel: Cancel) => unknown) | undefined;
  /** Keeps an idle connection alive, every `pingInterval`. To throw, or to answer `false`, evicts it. Default: **none** */
  readonly ping?: ((connection: PooledConnection<T, D>, cancel: Cancel) => unknown) | undefined;
  /** Makes a connection ready for the next lease, after a release (ROLLBACK). To throw, or to answer `false`, evicts it. Default: **none** */
  readonly reset?: ((connection: PooledConnection<T, D>, cancel: Cancel) => unknown) | undefined;
  /**
   * Says goodbye on a connection that leaves in peace (QUIT): nobody has it, and nothing is wrong with it. It is closed when that is done, fails, or takes longer
   * than `checkTimeout`. Not called for one that was discarded, that came back unclean, or that has ended. Default: **none**
   */
  readonly beforeClose?: ((connection: PooledConnection<T, D>, cancel: Cancel) => unknown) | undefined;
  /** The endpoints that stand behind a target, one or more; asked when one is dialled. Default: **the target itself** */
  readonly endpoints?: ((target: T) => readonly T[]) | undefined;
  /** When an endpoint is left alone for a while: {@link HealthLimitsInput}. `false`: never, and dials do not back off. Default: **its defaults** */
  readonly health?: HealthLimitsInput | false | undefined;
  /** Hears of what happens. What it throws is dropped. Default: **none** */
  readonly observer?: PoolObserver | undefined;
  /** Where times go. Default: **nowhere** */
  readonly recorders?: PoolRecorders | undefined;
  /** Default: **the runtime's** */
  readonly clock?: Clock | undefined;
  /** Chance: from 0 up to, and without, 1. Default: **`Math.random`** */
  readonly random?: (() => number) | undefined;
}

/** {@link PoolOptions}, resolved. */
export interface PoolSettings<T, D> extends Pick<PoolOptions<T, D>, 'prepare' | 'validate' | 'ping' | 'reset' | 'beforeClose' | 'endpoints'> {
  readonly limits: PoolLimits & { readonly maxIdlePerKey: number; readonly maxIdle: number; readonly maxUses: number; readonly leakThreshold: number };
  readonly health: HealthLimits | undefined;
  readonly observer: PoolObserver;
  readonly recorders: PoolRecorders;
  readonly clock: Clock;
  readonly random: () => number;
}

const FUNCTIONS = ['prepare', 'validate', 'ping', 'reset', 'beforeClose', 'endpoints', 'random'] as const;
const OBJECTS = ['observer', 'recorders', 'clock'] as const;

/** Checks the options of a pool. @throws `ERR_SOCK_CONFIG` */
export function poolSettings<T, D>(options: PoolOptions<T, D> = {}): PoolSettings<T, D> {
  checkNames('createPool', options, [...Object.keys(poolSection.defaults), ...OPTIONAL_LIMITS, ...FUNCTIONS, ...OBJECTS, 'health']);
  for (const name of FUNCTIONS) if (options[name] !== undefined && typeof options[name] !== 'function') throw wrongOption('createPool', name, options[name], 'a function');
  for (const name of OBJECTS) {
    const found: unknown = options[name];
    if (found !== undefined && (typeof found !== 'object' || found === null)) throw wrongOption('createPool', name, found, 'an object');
  }
  checkFunctions('createPool.observer', options.observer, EVENTS, (given) => typeof given === 'function', 'a function');
  checkFunctions('createPool.recorders', options.recorders, TIMES, (given) => typeof (given as Partial<Recorder> | null)?.record === 'function', 'an object with record(), such as a histogram');
  const picked = poolSection.pick(options, 'createPool()');
  const { maxPerKey, max, minPerKey, maxIdlePerKey = maxPerKey, maxIdle = max, maxUses = Infinity, leakThreshold = Infinity } = picked;
  if (minPerKey > maxPerKey) throw wrongOption('createPool', 'minPerKey', minPerKey, `up to maxPerKey, which is ${maxPerKey}`);
  for (const [name, most] of [['maxIdlePerKey', maxIdlePerKey], ['maxIdle', maxIdle]] as const) {
    if (minPerKey > most) throw wrongOption('createPool', 'minPerKey', minPerKey, `up to ${name}, which is ${most}`);
  }
  const { prepare, validate, ping, reset, beforeClose, endpoints, health, observer = {}, recorders = {}, clock = systemClock, random = Math.random } = options;
  return {
    limits: { ...picked, maxIdlePerKey, maxIdle, maxUses, leakThreshold },
    health: health === false ? undefined : healthLimits(health, 'createPool().health'),
    prepare, validate, ping, reset, beforeClose, endpoints, observer, recorders, random,
    clock: Object.keys(observer).length + Object.keys(recorders).length > 0 ? clock : new TurnClock(clock),
  };
}

/** Fields without a default. */
const OPTIONAL_LIMITS = ['maxIdlePerKey', 'maxIdle', 'maxUses', 'leakThreshold'] as const;

const EVENTS = ['acquired', 'refused', 'released', 'created', 'dialFailed', 'evicted', 'circuit', 'leaked'] as const satisfies readonly (keyof PoolObserver)[];
const TIMES = ['wait', 'create', 'use'] as const satisfies readonly (keyof PoolRecorders)[];

/** A name that is not known would be heard of by nobody. */
function checkFunctions(what: string, given: object | undefined, names: readonly string[], fits: (value: unknown) => boolean, allowed: string): void {
  checkNames(what, given, names);
  for (const [name, value] of Object.entries(given ?? {})) if (value !== undefined && !fits(value)) throw wrongOption(what, name, value, allowed);
}
