import { leakGuard } from '@sock/testkit';
import { expect, test } from 'vitest';
import type { PoolStats } from '../index.ts';
import { parseExposition, seriesId } from './exposition-parser.test-d.ts';
import { openTelemetry } from './open-telemetry.ts';
import type { PoolEventRow, World } from './pool-events.test-d.ts';
import { POOL_EVENTS, world } from './pool-events.test-d.ts';
import { prometheusText } from './prometheus.ts';

// Every number of PoolStats has something that moves it, and a time series that moves with it.

leakGuard();

/** Where a number is to be seen: the name at Prometheus, the one at OpenTelemetry, and the labels beside that of the pool. */
interface Seen {
  readonly prometheus: string;
  readonly openTelemetry: string;
  readonly labels?: Readonly<Record<string, string>>;
  /** After the event. Default: **1** */
  readonly value?: number;
}

const AT = { key: 'memory a' };
const ENDPOINT = { ...AT, endpoint: 'memory a' };

function counter(name: string, value = 1): Seen {
  return { prometheus: `sock_pool_${name}_total`, openTelemetry: `sock.pool.${name}`, value };
}

function connections(state: string): Seen {
  return { prometheus: 'sock_pool_connections', openTelemetry: 'sock.pool.connections', labels: { state } };
}

function gauge(name: string): Seen {
  return { prometheus: `sock_pool_${name}`, openTelemetry: `sock.pool.${name}` };
}

function endpoint(name: string, labels: Readonly<Record<string, string>> = {}, value = 1): Seen {
  return { prometheus: `sock_pool_endpoint_${name}`, openTelemetry: `sock.pool.endpoint.${name.replace(/_seconds$/, '')}`, labels: { ...ENDPOINT, ...labels }, value };
}

const SEEN: Readonly<Record<string, Seen>> = {
  acquired: counter('acquired'),
  reused: counter('reused'),
  waited: counter('waited'),
  timeouts: counter('timeouts'),
  aborted: counter('aborted'),
  overflowed: counter('overflowed'),
  circuitOpen: counter('circuit_open'),
  failed: counter('failed'),
  closed: counter('closed'),
  released: counter('released'),
  dialled: counter('dialled'),
  created: counter('created'),
  dialsFailed: counter('dials_failed'),
  dialsAbandoned: counter('dials_abandoned'),
  checks: counter('checks'),
  leaksHeld: counter('leaks_held'),
  leaksLost: counter('leaks_lost'),
  state: { ...gauge('state'), labels: { state: 'suspended' } },
  idle: connections('idle'),
  leased: connections('leased'),
  checking: connections('checking'),
  connecting: connections('connecting'),
  size: gauge('size'),
  waiting: gauge('waiting'),
  closing: gauge('closing'),
  'keys.length': gauge('keys'),
  'keys.waiting': { ...gauge('key_waiting'), openTelemetry: 'sock.pool.key.waiting', labels: AT },
  'keys.endpoints.idle': endpoint('connections', { state: 'idle' }),
  'keys.endpoints.leased': endpoint('connections', { state: 'leased' }),
  'keys.endpoints.checking': endpoint('connections', { state: 'checking' }),
  'keys.endpoints.connecting': endpoint('connections', { state: 'connecting' }),
  'keys.endpoints.health.state': endpoint('circuit', { state: 'open' }),
  'keys.endpoints.health.consecutiveFailures': endpoint('consecutive_failures'),
  'keys.endpoints.health.requests': endpoint('outcomes'),
  'keys.endpoints.health.failures': endpoint('failures'),
  'keys.endpoints.health.ejections': endpoint('ejections'),
  'keys.endpoints.health.openUntil': endpoint('open_remaining_seconds'),
  'keys.endpoints.health.probes': endpoint('probes'),
  'keys.endpoints.health.dialFailures': endpoint('dial_failures'),
  'keys.endpoints.health.dialAt': endpoint('dial_wait_seconds', {}, 0.999),
  'keys.endpoints.health.lastCode': endpoint('last_failure', { code: 'ERR_NONSENSE' }),
};

function seenOf({ field }: PoolEventRow): Seen {
  const [first, reason] = field.split('.');
  const found = first === 'evicted' ? { ...counter('evicted'), labels: { reason: String(reason) } } : SEEN[field];
  if (found === undefined) throw new Error(`nobody knows where ${field} is to be seen`);
  return found;
}

/** What each of the two views shows of it; 0 where there is no such series yet. */
function shown({ pool, clock }: World, { prometheus, openTelemetry: name, labels = {} }: Seen): [number, number] {
  const id = seriesId(prometheus, Object.entries({ pool: 'p', ...labels }));
  const attributes = Object.fromEntries(Object.entries(labels).map(([label, value]) => [label === 'code' ? 'error.type' : `sock.pool.${label}`, value]));
  const wanted = JSON.stringify({ 'db.client.connection.pool.name': 'p', ...attributes });
  const text = prometheusText({ name: 'p', pool }, { clock });
  const metric = openTelemetry({ name: 'p', pool }, { clock }).find((each) => each.name === name && JSON.stringify(each.attributes) === wanted);
  return [[...parseExposition(text).values()].flatMap(({ series }) => series.get(id) ?? [])[0] ?? 0, Number(metric?.value ?? 0)];
}

test.each(POOL_EVENTS.map((row) => [row.field, row] as const))('%s moves at Prometheus and OpenTelemetry when the pool does the thing', async (_, row) => {
  const seen = seenOf(row);
  const it = world(row.options);
  try {
    expect(shown(it, seen)).toEqual([0, 0]);
    await row.run(it);
    expect(shown(it, seen)).toEqual([seen.value ?? 1, seen.value ?? 1]);
  } finally {
    it.end();
  }
});

test('no field of PoolStats is forgotten', async () => {
  const it = world({ health: { consecutiveFailures: 1 } });
  (await it.acquire()).discard(Object.assign(new Error('no'), { code: 'ERR_NO' }));
  const fields = new Set(paths(it.pool.stats()));
  it.end();
  expect(fields.size).toBeGreaterThan(50);
  expect(new Set(POOL_EVENTS.map(({ field }) => field))).toEqual(fields);
});

/** All of it but names: an array tells its length, and what its first entry has. */
function paths(stats: PoolStats): string[] {
  const below = (value: unknown, path: string): string[] => {
    if (typeof value !== 'object' || value === null) return [path];
    const at = (name: string): string => (path === '' ? name : `${path}.${name}`);
    if (!Array.isArray(value)) return Object.entries(value).flatMap(([name, each]) => (name === 'key' ? [] : below(each, at(name))));
    // How many endpoints a key has can be counted by its series.
    return [...(path === 'keys' ? [at('length')] : []), ...below(value[0], path)];
  };
  return below(stats, '');
}
