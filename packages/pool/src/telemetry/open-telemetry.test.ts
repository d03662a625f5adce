import { leakGuard } from '@sock/testkit';
import { expect, test } from 'vitest';
import { settle } from '../fake-clock.test-d.ts';
import type { Meter, MeterResult } from './meter.ts';
import { meterRecorders, publishToMeter } from './meter.ts';
import { openTelemetry } from './open-telemetry.ts';
import type { TelemetrySource } from './source.ts';
import type { World } from './pool-events.test-d.ts';
import { world } from './pool-events.test-d.ts';
import type { TimeSnapshot } from './time-snapshot.ts';

leakGuard();

const P = { 'db.client.connection.pool.name': 'p' };

/** What the semantic conventions name: `name state?` with unit, kind and value. */
function conventions(source: TelemetrySource): Record<string, unknown> {
  return Object.fromEntries(openTelemetry(source, { only: 'conventions' }).map(({ name, unit, kind, value, attributes }) => {
    const { 'db.client.connection.pool.name': pool, 'db.client.connection.state': state, ...more } = attributes;
    expect([pool, more]).toEqual([source.name, {}]);
    return [[name, state].join(' ').trim(), [unit, kind, value]];
  }));
}

test('a pool is told by the names, units and attributes of the semantic conventions', async () => {
  const options = { max: 20, maxIdle: 5, minPerKey: 1, maxPerKey: 2 };
  const it = world({ ...options, reset: () => new Promise(() => {}) });
  const times: TimeSnapshot = { count: 2, sum: 3000, min: 1000, mean: 1500, p50: 1000, p90: 2000, p99: 2000, p999: 2000, max: 2000 };
  const inSeconds = { count: 2, sum: 3, min: 1, mean: 1.5, p50: 1, p90: 2, p99: 2, p999: 2, max: 2 };
  const [one] = [await it.acquire(), await it.acquire()];
  await it.acquire('b');
  await it.ask({ timeout: 10 });
  await it.clock.advance(10);
  await it.ask();
  one?.release();
  await settle();
  expect(it.pool.stats()).toMatchObject({ leased: 2, checking: 1 });
  expect(conventions({ name: 'p', pool: it.pool, limits: options, times: { wait: times, create: times, use: times } })).toEqual({
    'db.client.connection.count idle': ['{connection}', 'updowncounter', 0],
    'db.client.connection.count used': ['{connection}', 'updowncounter', 3],
    'db.client.connection.idle.max': ['{connection}', 'updowncounter', 5],
    'db.client.connection.idle.min': ['{connection}', 'updowncounter', 2],
    'db.client.connection.max': ['{connection}', 'updowncounter', 20],
    'db.client.connection.pending_requests': ['{request}', 'updowncounter', 1],
    'db.client.connection.timeouts': ['{timeout}', 'counter', 1],
    'db.client.connection.create_time': ['s', 'histogram', inSeconds],
    'db.client.connection.wait_time': ['s', 'histogram', inSeconds],
    'db.client.connection.use_time': ['s', 'histogram', inSeconds],
  });
  it.end();
});

test('idle connections are told, and limits are not told by guess', async () => {
  const it = world();
  await it.idle(2);
  expect(conventions({ name: 'p', pool: it.pool })).toEqual({
    'db.client.connection.count idle': ['{connection}', 'updowncounter', 2],
    'db.client.connection.count used': ['{connection}', 'updowncounter', 0],
    'db.client.connection.pending_requests': ['{request}', 'updowncounter', 0],
    'db.client.connection.timeouts': ['{timeout}', 'counter', 0],
  });
  const limits = conventions({ name: 'p', pool: it.pool, limits: {} });
  const expected = [['idle.max', 1000], ['idle.min', 0], ['max', 1000]] as const;
  for (const [name, value] of expected) expect(limits[`db.client.connection.${name}`]).toEqual(['{connection}', 'updowncounter', value]);
  it.end();
});

/** A meter that is collected by hand. */
function fakeMeter(): Meter & { readonly kinds: Map<string, string>; collect(): Map<string, number> } {
  const callbacks = new Set<(result: MeterResult) => void>();
  const kinds = new Map<string, string>();
  const names = new Map<object, string>();
  const create = (kind: string) => (name: string, options?: { unit?: string }): object => {
    const instrument = {};
    expect(kinds.has(name)).toBe(false);
    kinds.set(name, `${kind} ${options?.unit}`);
    names.set(instrument, name);
    return instrument;
  };
  const known = (instruments: object[]): void => expect(instruments.map((each) => names.get(each))).toEqual([...kinds.keys()]);
  return {
    kinds,
    createObservableCounter: create('counter'),
    createObservableUpDownCounter: create('updowncounter'),
    createObservableGauge: create('gauge'),
    addBatchObservableCallback: (callback, instruments) => {
      known(instruments);
      callbacks.add(callback);
    },
    removeBatchObservableCallback: (callback, instruments) => {
      known(instruments);
      callbacks.delete(callback);
    },
    collect: () => {
      const values = new Map<string, number>();
      const observe: MeterResult['observe'] = (instrument, value, attributes) => {
        const id = `${names.get(instrument)} ${JSON.stringify(attributes)}`;
        expect(values.has(id)).toBe(false);
        values.set(id, value);
      };
      for (const callback of callbacks) callback({ observe });
      return values;
    },
  };
}

function acquired({ pool }: World, values: Map<string, number>): [number | undefined, number] {
  return [values.get(`sock.pool.acquired ${JSON.stringify(P)}`), pool.stats().acquired];
}

test('a meter gets at each collection all that can be read, and nothing after the end', async () => {
  const it = world();
  const meter = fakeMeter();
  const source = { name: 'p', pool: it.pool, limits: {}, times: { wait: { count: 0, sum: 0, min: 0, mean: 0, p50: 0, p90: 0, p99: 0, p999: 0, max: 0 } } };
  const stop = publishToMeter(meter, source, { clock: it.clock });
  expect(acquired(it, meter.collect())).toEqual([0, 0]);
  await it.acquire();
  const values = meter.collect();
  expect(acquired(it, values)).toEqual([1, 1]);
  expect(values.get(`db.client.connection.count ${JSON.stringify({ ...P, 'db.client.connection.state': 'used' })}`)).toBe(1);
  const told = openTelemetry(source, { clock: it.clock }).filter(({ kind }) => kind !== 'histogram');
  expect(values.size).toBe(told.length);
  for (const { name, kind, unit } of told) expect(meter.kinds.get(name)).toBe(`${kind} ${unit}`);
  stop();
  expect(meter.collect().size).toBe(0);
  it.end();
});

test('a meter may be given the conventions alone', () => {
  const it = world();
  const meter = fakeMeter();
  publishToMeter(meter, { name: 'p', pool: it.pool }, { only: 'conventions' });
  expect([...meter.kinds.keys()]).toEqual(['count', 'idle.max', 'idle.min', 'max', 'pending_requests', 'timeouts'].map((name) => `db.client.connection.${name}`));
  expect(meter.collect().size).toBe(4);
  it.end();
});

test('the recorders of a meter give it each time, in seconds', async () => {
  const seen: unknown[] = [];
  const meter = { createHistogram: (name: string, options?: { unit?: string }) => ({ record: (value: number, attributes?: object) => void seen.push([name, options?.unit, value, attributes]) }) };
  const it = world({ recorders: meterRecorders(meter, 'p') });
  it.server.slow = true;
  const lease = it.acquire();
  await it.clock.advance(250);
  it.server.open();
  await settle();
  await it.clock.advance(500);
  (await lease).release();
  expect(seen).toEqual([
    ['db.client.connection.create_time', 's', 0.25, P],
    ['db.client.connection.wait_time', 's', 0.25, P],
    ['db.client.connection.use_time', 's', 0.5, P],
  ]);
  it.end();
});

test('what makes no sense is refused at once', () => {
  const it = world();
  const source = { name: 'p', pool: it.pool };
  const meter = fakeMeter();
  const wrong: [() => unknown, string, RegExp][] = [
    [() => publishToMeter({} as never, source), 'ERR_SOCK_POOL_ARGUMENT', /publishToMeter\(\) needs a meter/],
    [() => meterRecorders({} as never, 'p'), 'ERR_SOCK_POOL_ARGUMENT', /meterRecorders\(\) needs a meter/],
    [() => publishToMeter(meter, source, { only: 'some' as never }), 'ERR_SOCK_CONFIG', /only.*"some".*publishToMeter|publishToMeter.*only.*"some"/s],
    [() => publishToMeter(meter, [source, source]), 'ERR_SOCK_POOL_ARGUMENT', /publishToMeter\(\) got two sources/],
    [() => publishToMeter(meter, { ...source, limits: { max: 0 } }), 'ERR_SOCK_CONFIG', /max/],
    [() => openTelemetry(source, { prefix: 'x' } as never), 'ERR_SOCK_CONFIG', /openTelemetry.*prefix|prefix.*openTelemetry/s],
  ];
  for (const [call, code, message] of wrong) {
    expect(call).toThrow(message);
    expect(call).toThrow(expect.objectContaining({ code }));
  }
  expect(meter.kinds.size).toBe(0);
  publishToMeter(meter, source, { only: 'all' })();
  it.end();
});
