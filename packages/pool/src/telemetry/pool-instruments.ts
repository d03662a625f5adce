import type { PoolCounters, PoolState, PoolStats } from '../pool-stats.ts';
import type { InstrumentRow, Instruments, Labels } from './instrument.ts';

type CounterName = Exclude<keyof PoolCounters, 'evicted'>;
type GaugeName = Exclude<keyof PoolStats, keyof PoolCounters | 'state' | 'keys'>;

/** The counters and gauges of a whole pool. */
export function addPool(into: Instruments, labels: Labels, stats: PoolStats): void {
  for (const name of Object.keys(COUNTERS) as CounterName[]) into.add(COUNTERS[name], labels, stats[name]);
  for (const [reason, count] of Object.entries(stats.evicted)) into.add(EVICTED, { ...labels, reason }, count);
  for (const name of Object.keys(GAUGES) as GaugeName[]) {
    const { row, state } = GAUGES[name];
    into.add(row, state === undefined ? labels : { ...labels, state }, stats[name]);
  }
  into.add(KEYS, labels, stats.keys.length);
  into.addState(STATE, labels, STATES, stats.state);
}

/** The instruments of {@link addPool}, without values. */
export function definePool(into: Instruments): void {
  for (const row of [...Object.values(COUNTERS), EVICTED, ...Object.values(GAUGES).map((gauge) => gauge.row), KEYS, STATE]) into.define(row);
}

function counter(name: string, unit: string, help: string): InstrumentRow {
  return { name: `pool.${name}`, kind: 'counter', unit, help };
}

function gauge(name: string, unit: string, help: string): InstrumentRow {
  return { name: `pool.${name}`, kind: 'updowncounter', unit, help };
}

const COUNTERS: Readonly<Record<CounterName, InstrumentRow>> = {
  acquired: /*#__PURE__*/ counter('acquired', '{lease}', 'Leases handed out'),
  reused: /*#__PURE__*/ counter('reused', '{lease}', 'Leases handed out on a connection that had one before'),
  waited: /*#__PURE__*/ counter('waited', '{request}', 'Calls of acquire that had to wait'),
  timeouts: /*#__PURE__*/ counter('timeouts', '{request}', 'Calls of acquire that ended with a time-out'),
  aborted: /*#__PURE__*/ counter('aborted', '{request}', 'Calls of acquire that their signal ended'),
  overflowed: /*#__PURE__*/ counter('overflowed', '{request}', 'Calls of acquire that were turned away because too many waited'),
  circuitOpen: /*#__PURE__*/ counter('circuit_open', '{request}', 'Calls of acquire that were refused because the circuit of every endpoint was open'),
  failed: /*#__PURE__*/ counter('failed', '{request}', 'Calls of acquire that ended with the failure of a dial'),
  closed: /*#__PURE__*/ counter('closed', '{request}', 'Calls of acquire that came, or waited, when the pool lent nothing any more'),
  released: /*#__PURE__*/ counter('released', '{lease}', 'Leases that came back'),
  dialled: /*#__PURE__*/ counter('dialled', '{dial}', 'Dials begun'),
  created: /*#__PURE__*/ counter('created', '{connection}', 'Dials that succeeded'),
  dialsFailed: /*#__PURE__*/ counter('dials_failed', '{dial}', 'Dials that failed'),
  dialsAbandoned: /*#__PURE__*/ counter('dials_abandoned', '{dial}', 'Dials that the end of the pool gave up'),
  checks: /*#__PURE__*/ counter('checks', '{check}', 'Runs of validate, ping and reset'),
  leaksHeld: /*#__PURE__*/ counter('leaks_held', '{lease}', 'Leases reported as held for too long'),
  leaksLost: /*#__PURE__*/ counter('leaks_lost', '{lease}', 'Leases that were lost: collected without a release'),
};

const EVICTED: InstrumentRow = /*#__PURE__*/ counter('evicted', '{connection}', 'Connections that left the pool, by reason');

const CONNECTIONS: InstrumentRow = /*#__PURE__*/ gauge('connections', '{connection}', 'Connections of the pool, by state');

const GAUGES: Readonly<Record<GaugeName, { readonly row: InstrumentRow; readonly state?: string }>> = {
  idle: { row: CONNECTIONS, state: 'idle' },
  leased: { row: CONNECTIONS, state: 'leased' },
  checking: { row: CONNECTIONS, state: 'checking' },
  connecting: { row: CONNECTIONS, state: 'connecting' },
  size: { row: /*#__PURE__*/ gauge('size', '{connection}', 'Connections of the pool, those being dialled included: what its limits count') },
  waiting: { row: /*#__PURE__*/ gauge('waiting', '{request}', 'Calls of acquire that wait') },
  closing: { row: /*#__PURE__*/ gauge('closing', '{connection}', 'Connections that have left the pool and are not closed yet') },
};

const KEYS: InstrumentRow = /*#__PURE__*/ gauge('keys', '{key}', 'Keys that the pool remembers');

const STATE: InstrumentRow = /*#__PURE__*/ gauge('state', '{pool}', 'The state of the pool: 1 for the one that it is in');

const STATES: readonly PoolState[] = ['running', 'suspended', 'draining', 'stopped'];
