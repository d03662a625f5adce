import { leakGuard } from '@sock/testkit';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { settle } from '../fake-clock.test-d.ts';
import type { EndpointStats, KeyStats, PoolStats } from '../index.ts';
import { createRegistry } from '../registry.ts';
import { parseExposition, seriesOf } from './exposition-parser.test-d.ts';
import { exposition } from './exposition.ts';
import { openTelemetry } from './open-telemetry.ts';
import { world } from './pool-events.test-d.ts';
import { PROMETHEUS_CONTENT_TYPE, prometheusText } from './prometheus.ts';
import type { TimeSnapshot } from './time-snapshot.ts';

leakGuard();

const CLOCK = { now: () => 0 };

/** Statistics of a pool with such keys, and one idle connection to each endpoint. */
function statsWith(keys: readonly (readonly [key: string, endpoints: readonly string[]])[]): PoolStats {
  const it = world();
  const stats = it.pool.stats();
  it.end();
  const endpoint = (key: string): EndpointStats => ({ key, idle: 1, leased: 0, checking: 0, connecting: 0, health: undefined });
  return { ...stats, keys: keys.map(([key, endpoints]): KeyStats => ({ key, waiting: 1, endpoints: endpoints.map(endpoint) })) };
}

/** The idle connections by the labels of their endpoints. */
function idle(text: string, label: 'key' | 'endpoint' = 'key'): Record<string, number> {
  const found: Record<string, number> = {};
  for (const [id, value] of parseExposition(text).get('sock_pool_endpoint_connections')?.series ?? []) {
    if (id.includes('state="idle"')) found[JSON.parse(new RegExp(`${label}=("(?:[^"\\\\]|\\\\.)*")`).exec(id)?.[1] ?? '""') as string] = value;
  }
  return found;
}

test('the keys known for longest have series of their own, and the rest is summed up as "other"', () => {
  const stats = statsWith([['a', ['a']], ['b', ['b', 'c']], ['d', ['d']], ['e', ['e']]]);
  const text = prometheusText({ name: 'p', pool: stats }, { maxKeys: 1, clock: CLOCK });
  expect(idle(text)).toEqual({ a: 1, other: 4 });
  expect(seriesOf(text, 'sock_pool_key_waiting', { pool: 'p', key: 'other' })).toBe(3);
  expect(idle(prometheusText({ name: 'p', pool: stats }, { clock: CLOCK }), 'endpoint')).toEqual({ a: 1, b: 1, c: 1, d: 1, e: 1 });
  expect(idle(prometheusText({ name: 'p', pool: stats }, { maxKeys: 0, clock: CLOCK }))).toEqual({ other: 5 });
});

test('so are the endpoints of a key', () => {
  const pool = statsWith([['a', ['1', '2', '3', '4']]]);
  expect(idle(prometheusText({ name: 'p', pool }, { maxEndpoints: 1 }), 'endpoint')).toEqual({ 1: 1, other: 3 });
});

test('keys that get the same label, and one that is called "other", are summed up: no series comes twice', () => {
  const pool = statsWith([['other', ['other']], ['x 1', ['x 1']], ['x 2', ['x 2']], ['y', ['y']]]);
  expect(idle(prometheusText({ name: 'p', pool }, { maxKeys: 2, label: (key) => key.slice(0, 1), clock: CLOCK }))).toEqual({ o: 1, x: 2, other: 1 });
  expect(idle(prometheusText({ name: 'p', pool }, { maxKeys: 2, clock: CLOCK }))).toEqual({ other: 3, 'x 1': 1 });
});

test('of times that are left the longest is told, not their sum', async () => {
  const it = world({ health: { consecutiveFailures: 1 } });
  for (const target of ['a', 'b']) (await it.acquire(target)).discard(new Error('broken'));
  await it.clock.advance(250);
  const text = prometheusText({ name: 'p', pool: it.pool }, { maxKeys: 0, clock: it.clock });
  expect(seriesOf(text, 'sock_pool_endpoint_open_remaining_seconds', { pool: 'p', key: 'other', endpoint: 'other' })).toBe(0.75);
  expect(seriesOf(text, 'sock_pool_endpoint_circuit', { pool: 'p', key: 'other', endpoint: 'other', state: 'open' })).toBe(2);
  it.end();
});

test('whatever keys are called, the text is of the format, and the sums are right', () => {
  const name = fc.string({ unit: fc.constantFrom('\\', '"', '\n', 'n', '{', '}', ',', '=', ' ', 'é', '😀', '#'), maxLength: 6 });
  fc.assert(fc.property(fc.uniqueArray(name, { maxLength: 8 }), fc.nat(9), (names, maxKeys) => {
    const text = prometheusText({ name: 'p', pool: statsWith(names.map((each) => [each, [each]])) }, { maxKeys, clock: CLOCK });
    const found = idle(text);
    expect(Object.values(found).reduce((sum, value) => sum + value, 0)).toBe(names.length);
    for (const each of names.slice(0, maxKeys)) expect(found[each]).toBe(1);
  }), { numRuns: 200 });
});

test('labels and help are escaped, and values that are no numbers have their names', () => {
  const lines = [Infinity, -Infinity, NaN, 1e21, 0.5].map((value, index) => ({ labels: { at: `${index}"\\\n` }, value }));
  const text = exposition([{ name: 'x', type: 'gauge', help: 'one \\ two\n"three"', lines }, { name: 'empty', type: 'gauge', help: 'nothing', lines: [] }]);
  expect(text.split('\n').slice(0, 3)).toEqual([String.raw`# HELP x one \\ two\n"three"`, '# TYPE x gauge', String.raw`x{at="0\"\\\n"} +Inf`]);
  expect([...(parseExposition(text).get('x')?.series.values() ?? [])]).toEqual([Infinity, -Infinity, NaN, 1e21, 0.5]);
  expect(parseExposition(text).get('x')?.help).toBe('one \\ two\n"three"');
  expect(text).not.toContain('empty');
  expect(PROMETHEUS_CONTENT_TYPE).toBe('text/plain; version=0.0.4; charset=utf-8');
});

const TIMES: TimeSnapshot = { count: 4, sum: 1000, min: 100, mean: 250, p50: 200, p90: 400, p99: 450, p999: 490, max: 500 };
const NONE: TimeSnapshot = { count: 0, sum: 0, min: 0, mean: 0, p50: 0, p90: 0, p99: 0, p999: 0, max: 0 };

test('times are summaries in seconds; of none there is no quantile', () => {
  const pool = statsWith([]);
  const text = prometheusText([{ name: 'p', pool, times: { wait: TIMES, use: NONE } }, { name: 'q', pool, times: { snapshot: () => ({ wait: TIMES }) } }]);
  const wait = (labels: Record<string, string>, suffix = ''): number | undefined => seriesOf(text, `sock_pool_wait_seconds${suffix}`, labels);
  expect(parseExposition(text).get('sock_pool_wait_seconds')?.type).toBe('summary');
  expect(['0', '0.5', '0.9', '0.99', '0.999', '1'].map((quantile) => wait({ pool: 'p', quantile }))).toEqual([0.1, 0.2, 0.4, 0.45, 0.49, 0.5]);
  expect([wait({ pool: 'p' }, '_sum'), wait({ pool: 'p' }, '_count'), wait({ pool: 'q' }, '_count')]).toEqual([1, 4, 4]);
  expect(seriesOf(text, 'sock_pool_use_seconds', { pool: 'p', quantile: '0.5' })).toBeNaN();
  expect(seriesOf(text, 'sock_pool_use_seconds_count', { pool: 'p' })).toBe(0);
  expect(text).not.toContain('sock_pool_create_seconds');
});

test('several pools share one name with a label each, and the prefix is the caller\'s', async () => {
  const [one, two] = [world(), world()];
  await one.acquire();
  const text = prometheusText([{ name: 'one', pool: one.pool }, { name: 'two', pool: two.pool.stats() }], { prefix: 'shop:db' });
  expect(['one', 'two'].map((pool) => seriesOf(text, 'shop:db_pool_acquired_total', { pool }))).toEqual([1, 0]);
  one.end();
  two.end();
});

test('a registry and a server are told with all their numbers', async () => {
  const registry = createRegistry({ clock: world().clock });
  const stats = { accepted: 1, refused: 2, acceptErrors: 3, handlerErrors: 4, handling: 5, open: 6 };
  const counts = { calls: 1, sent: 2, skipped: 3, dropped: 4, gone: 5 };
  const plain = { ...registry.stats(), open: 7, closing: 8, peak: 9, addresses: 10, added: 11, broadcasts: counts };
  const text = prometheusText({ name: 'r', registry: plain, server: { stats } });
  const at = (name: string, labels: Record<string, string> = {}): number | undefined => seriesOf(text, `sock_${name}`, { [name.split('_')[0] ?? '']: 'r', ...labels });
  expect(['open', 'closing', 'peak', 'addresses', 'added_total', 'broadcasts_total'].map((name) => at(`registry_${name}`))).toEqual([7, 8, 9, 10, 11, 1]);
  expect(['sent', 'skipped', 'dropped', 'gone'].map((outcome) => at('registry_broadcast_messages_total', { outcome }))).toEqual([2, 3, 4, 5]);
  for (const reason of Object.keys(plain.removed)) expect(at('registry_removed_total', { reason })).toBe(0);
  for (const reason of Object.keys(plain.refused)) expect(at('registry_refused_total', { reason })).toBe(0);
  expect(['running', 'draining', 'stopped'].map((state) => at('registry_state', { state }))).toEqual([1, 0, 0]);
  expect(['accepted_total', 'refused_total', 'accept_errors_total', 'handler_errors_total', 'handling', 'open'].map((name) => at(`server_${name}`))).toEqual([1, 2, 3, 4, 5, 6]);
  const peak = openTelemetry({ name: 'r', registry }).find(({ name }) => name === 'sock.registry.peak');
  expect(peak).toMatchObject({ kind: 'gauge', unit: '{connection}', value: 0, attributes: { 'sock.registry.name': 'r' } });
  await registry.close();
  await settle();
});

test('what makes no sense is refused by name', () => {
  const pool = statsWith([]);
  const source = { name: 'p', pool };
  const wrong: [unknown, unknown, string, RegExp][] = [
    [source, { maxKey: 1 }, 'ERR_SOCK_CONFIG', /maxKey.*maxKeys/s],
    [source, { maxKeys: -1 }, 'ERR_SOCK_CONFIG', /maxKeys.*0 to 100000/s],
    [source, { maxEndpoints: 1.5 }, 'ERR_SOCK_CONFIG', /maxEndpoints/],
    [source, { prefix: '1st' }, 'ERR_SOCK_CONFIG', /prefix.*no digit first/s],
    [source, { label: 'x' }, 'ERR_SOCK_CONFIG', /label.*a function/s],
    [source, { clock: {} }, 'ERR_SOCK_CONFIG', /clock.*now\(\)/s],
    [[source, source], {}, 'ERR_SOCK_POOL_ARGUMENT', /two sources for a pool called "p"/],
    [[{ ...source, times: {} }, { name: 'p', registry: createRegistry(), times: {} }], {}, 'ERR_SOCK_POOL_ARGUMENT', /two sources for the times of a pool called "p"/],
    [{ pool }, {}, 'ERR_SOCK_POOL_ARGUMENT', /a source without a name/],
    [{ name: 'p' }, {}, 'ERR_SOCK_POOL_ARGUMENT', /"p" with nothing to export/],
  ];
  for (const [sources, options, code, message] of wrong) {
    const call = (): string => prometheusText(sources as never, options as never);
    expect(call).toThrow(message);
    expect(call).toThrow(expect.objectContaining({ code }));
  }
  expect(prometheusText([source, { name: 'q', pool }], { maxKeys: 1, maxEndpoints: 1, prefix: 'x1', label: String, clock: CLOCK })).toContain('x1_pool_state');
});
