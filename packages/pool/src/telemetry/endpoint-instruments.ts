import type { CircuitState, MemberHealthStats } from '../health/member-health.ts';
import type { EndpointStats, KeyStats } from '../pool-stats.ts';
import type { InstrumentRow, Instruments, Labels } from './instrument.ts';
import type { SeriesOptions } from './series-options.ts';

/** What is the sum of all that have no label of their own. */
const OTHER = 'other';

/** Gauges of the keys of a pool and their endpoints, for as many of each as the options allow, and the sum of the rest. */
export function addEndpoints(into: Instruments, labels: Labels, keys: readonly KeyStats[], { maxKeys, maxEndpoints, label, clock }: SeriesOptions): void {
  const now = clock.now();
  const keyLabel = bounded(maxKeys, label);
  for (const { key, waiting, endpoints } of keys) {
    const of = { ...labels, key: keyLabel(key) };
    into.add(WAITING, of, waiting);
    const endpointLabel = bounded(maxEndpoints, label);
    for (const endpoint of endpoints) addEndpoint(into, { ...of, endpoint: of.key === OTHER ? OTHER : endpointLabel(endpoint.key) }, endpoint, now);
  }
}

/** The instruments of {@link addEndpoints}, without values. */
export function defineEndpoints(into: Instruments): void {
  for (const row of [WAITING, CONNECTIONS, CIRCUIT, ...Object.values(HEALTH), OPEN_REMAINING, DIAL_WAIT, LAST_FAILURE]) into.define(row);
}

function addEndpoint(into: Instruments, labels: Labels, { idle, leased, checking, connecting, health }: EndpointStats, now: number): void {
  for (const [state, count] of Object.entries({ idle, leased, checking, connecting })) into.add(CONNECTIONS, { ...labels, state }, count);
  if (health === undefined) return;
  into.addState(CIRCUIT, labels, CIRCUITS, health.state);
  for (const name of Object.keys(HEALTH) as HealthCount[]) into.add(HEALTH[name], labels, health[name]);
  into.add(OPEN_REMAINING, labels, Math.max(0, health.openUntil - now) / 1000);
  into.add(DIAL_WAIT, labels, Math.max(0, health.dialAt - now) / 1000);
  if (health.lastCode !== undefined) into.add(LAST_FAILURE, { ...labels, code: health.lastCode }, 1);
}

/** Lets so many different labels through; all others are {@link OTHER}. */
function bounded(most: number, label: (key: string) => string): (key: string) => string {
  const seen = new Set<string>();
  return (key) => {
    if (most === 0) return OTHER;
    const name = label(key);
    if (!seen.has(name) && seen.size >= most) return OTHER;
    seen.add(name);
    return name;
  };
}

function row(name: string, unit: string, help: string, kind: InstrumentRow['kind'] = 'updowncounter'): InstrumentRow {
  return { name: `pool.${name}`, kind, unit, help };
}

const WAITING: InstrumentRow = /*#__PURE__*/ row('key.waiting', '{request}', 'Calls of acquire that wait, by key');
const CONNECTIONS: InstrumentRow = /*#__PURE__*/ row('endpoint.connections', '{connection}', 'Connections, by endpoint and state');
const CIRCUIT: InstrumentRow = /*#__PURE__*/ row('endpoint.circuit', '{endpoint}', 'The circuit of the endpoint: 1 for the state that it is in');
const CIRCUITS: readonly CircuitState[] = ['closed', 'open', 'half-open'];

type HealthCount = Exclude<keyof MemberHealthStats, 'state' | 'openUntil' | 'dialAt' | 'lastCode'>;

const HEALTH: Readonly<Record<HealthCount, InstrumentRow>> = {
  consecutiveFailures: /*#__PURE__*/ row('endpoint.consecutive_failures', '{failure}', 'Failures since the last success'),
  requests: /*#__PURE__*/ row('endpoint.outcomes', '{outcome}', 'Outcomes in the window of the circuit'),
  failures: /*#__PURE__*/ row('endpoint.failures', '{failure}', 'Failures in the window of the circuit'),
  ejections: /*#__PURE__*/ row('endpoint.ejections', '{ejection}', 'Ejections in a row, less those that health has taken back'),
  probes: /*#__PURE__*/ row('endpoint.probes', '{probe}', 'Probes of a half-open circuit that are under way'),
  dialFailures: /*#__PURE__*/ row('endpoint.dial_failures', '{failure}', 'Dials that failed in a row'),
};

const OPEN_REMAINING: InstrumentRow = /*#__PURE__*/ row('endpoint.open_remaining', 's', 'Time until an open circuit turns half-open', 'gauge');
const DIAL_WAIT: InstrumentRow = /*#__PURE__*/ row('endpoint.dial_wait', 's', 'Time for which no dial is begun', 'gauge');
const LAST_FAILURE: InstrumentRow = /*#__PURE__*/ row('endpoint.last_failure', '{endpoint}', 'Endpoints, by the code of their last failure');
