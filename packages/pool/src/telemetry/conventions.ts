import { poolSection } from '../pool-section.ts';
import type { SourceSnapshot } from './source.ts';
import type { PoolTimes } from './time-snapshot.ts';

/** The attribute that has the name of the pool. */
export const POOL_NAME = 'db.client.connection.pool.name';
/** The attribute that has the state of its connections: `idle` or `used`. */
export const CONNECTION_STATE = 'db.client.connection.state';

/** A metric of the semantic conventions for client connection pools (OpenTelemetry, "Database Metrics", section "Connection pools"). */
export interface ConventionRow {
  readonly name: string;
  readonly unit: '{connection}' | '{request}' | '{timeout}';
  readonly kind: 'updowncounter' | 'counter';
  readonly description: string;
  /** Its values, and their attributes beside the name of the pool. */
  readonly read: (source: SourceSnapshot) => readonly { readonly value: number; readonly attributes?: Readonly<Record<string, string>> }[];
}

/** Those that are read from a pool. */
export const CONVENTIONS: readonly ConventionRow[] = [
  {
    name: 'db.client.connection.count',
    unit: '{connection}',
    kind: 'updowncounter',
    description: 'The number of connections that are currently in state described by the state attribute.',
    // One that a hook has is not idle: nobody can get it now. One that is being dialled is no connection yet.
    read: ({ pool }) => pool === undefined ? [] : [
      { value: pool.idle, attributes: { [CONNECTION_STATE]: 'idle' } },
      { value: pool.leased + pool.checking, attributes: { [CONNECTION_STATE]: 'used' } },
    ],
  },
  /*#__PURE__*/ limit('idle.max', 'The maximum number of idle open connections allowed.', ({ max, maxIdle = max }) => maxIdle),
  /*#__PURE__*/ limit('idle.min', 'The minimum number of idle open connections allowed.', ({ minPerKey }, endpoints) => minPerKey * endpoints),
  /*#__PURE__*/ limit('max', 'The maximum number of open connections allowed.', ({ max }) => max),
  {
    name: 'db.client.connection.pending_requests',
    unit: '{request}',
    kind: 'updowncounter',
    description: 'The number of current pending requests for an open connection.',
    read: ({ pool }) => pool === undefined ? [] : [{ value: pool.waiting }],
  },
  {
    name: 'db.client.connection.timeouts',
    unit: '{timeout}',
    kind: 'counter',
    description: 'The number of connection timeouts that have occurred trying to obtain a connection from the pool.',
    read: ({ pool }) => pool === undefined ? [] : [{ value: pool.timeouts }],
  },
];

/** Those that a pool measures. Unit: seconds. */
export const TIME_CONVENTIONS: Readonly<Record<keyof PoolTimes, { readonly name: string; readonly description: string }>> = {
  create: { name: 'db.client.connection.create_time', description: 'The time it took to create a new connection.' },
  wait: { name: 'db.client.connection.wait_time', description: 'The time it took to obtain an open connection from the pool.' },
  use: { name: 'db.client.connection.use_time', description: 'The time between borrowing a connection and returning it to the pool.' },
};

type Limits = ReturnType<typeof poolSection.pick>;

function limit(name: string, description: string, of: (limits: Limits, endpoints: number) => number): ConventionRow {
  return {
    name: `db.client.connection.${name}`,
    unit: '{connection}',
    kind: 'updowncounter',
    description,
    read: ({ pool, limits }) => {
      if (pool === undefined || limits === undefined) return [];
      const endpoints = pool.keys.reduce((sum, key) => sum + key.endpoints.length, 0);
      return [{ value: of(poolSection.pick(limits, 'limits'), endpoints) }];
    },
  };
}
