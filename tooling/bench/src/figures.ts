import type { CoresFigure, Figure, HeldFigure, ImportFigure, Metric, PollFigure, PoolFigure, SizeFigure, StreamFigure } from './figure.ts';
import type { Carrier, StreamKind, Work } from './work.ts';

const KIB = 1024;
const BOTH = ['tcp', 'tls'] as const;
const BULK = ['MB/s', 'sender CPU ms/GB', 'receiver CPU ms/GB'] as const;
const MESSAGES = ['k msg/s', 'sender CPU ns/msg'] as const;
const READERS = ['k msg/s', 'receiver CPU ns/msg'] as const;
const PINGS = ['p50 µs', 'p99 µs', 'p99.9 µs'] as const;
const HANDSHAKES = ['CPU µs', 'client CPU µs', 'server CPU µs'] as const;

/** Sends of 64 KiB, unless the name says something else. */
const BULKS: readonly Figure[] = BOTH.flatMap((carrier) => [
  stream(carrier, 'bulk', bulk(64 * KIB), ['sock', 'sock-chunks', 'c', 'node', 'node-well'], BULK),
  // Whose part is it? Each side with a server, and then with a client, that is the program in C.
  { ...stream(carrier, 'bulk-to-c', bulk(64 * KIB), ['sock', 'c'], BULK), server: 'c' },
  { ...stream(carrier, 'bulk-from-c', bulk(64 * KIB), ['sock', 'c'], BULK), client: 'c' },
  stream(carrier, 'bulk-lent', { ...bulk(64 * KIB), lent: true }, ['sock', 'node'], ['MB/s', 'sender CPU ms/GB']),
  stream(carrier, 'bulk-4k', bulk(4 * KIB), ['sock', 'c', 'node'], ['MB/s']),
  stream(carrier, 'bulk-16k', bulk(16 * KIB), ['sock', 'c', 'node', 'node-well'], ['MB/s', 'sender CPU ms/GB']),
  stream(carrier, 'bulk-256k', bulk(256 * KIB), ['sock', 'c', 'node'], ['MB/s']),
  stream(carrier, 'bulk-1m', bulk(1024 * KIB), ['sock', 'c', 'node'], ['MB/s']),
  stream(carrier, 'mirrored-16k', bulk(16 * KIB, 'mirrored'), ['sock', 'node'], ['MB/s']),
  stream(carrier, 'mirrored', bulk(64 * KIB, 'mirrored'), ['sock', 'node', 'node-well'], ['MB/s']),
  stream(carrier, 'mirrored-1m', bulk(1024 * KIB, 'mirrored'), ['sock', 'node'], ['MB/s']),
]);

/** The same over several connections at a time; over one it is `bulk`. */
const CROWDS: readonly Figure[] = BOTH.flatMap((carrier) =>
  [4, 16, 64].map((connections) => stream(carrier, `bulk-over-${connections}`, { ...bulk(64 * KIB), connections }, ['sock', 'c', 'node'], ['MB/s'])),
);

const SMALL: readonly Figure[] = [
  ...BOTH.map((carrier) => stream(carrier, 'pipelined', { kind: 'pipelined', bytes: 128 }, ['sock', 'node', 'node-well'], MESSAGES)),
  ...BOTH.map((carrier) => stream(carrier, 'awaited', { kind: 'awaited', bytes: 128 }, ['sock', 'node'], MESSAGES)),
  ...BOTH.map((carrier) => stream(carrier, 'ping', { kind: 'pings', bytes: 64 }, ['sock', 'node', 'c'], PINGS)),
  stream('tcp', 'lines', { kind: 'lines', bytes: 100 }, ['sock', 'node', 'node-well'], READERS),
  stream('tcp', 'frames', { kind: 'frames', bytes: 100 }, ['sock', 'node', 'node-well'], READERS),
];

/** Processor time of a handshake differs by half from one second to the next where others share the processor: short turns, many of them. */
const SHAKES = 3;

const CONNECTIONS: readonly Figure[] = [
  { ...stream('tls', 'handshake-full', { kind: 'full', bytes: 1 }, ['sock', 'node-well', 'node', 'undici', 'c'], HANDSHAKES), turns: SHAKES },
  { ...stream('tls', 'handshake-resumed', { kind: 'resumed', bytes: 1 }, ['sock', 'node-well', 'undici', 'c'], HANDSHAKES), turns: SHAKES },
  { ...stream('tls12', 'handshake-full', { kind: 'full', bytes: 1 }, ['sock', 'node-well'], HANDSHAKES), turns: SHAKES },
  { ...stream('tls12', 'handshake-resumed', { kind: 'resumed', bytes: 1 }, ['sock', 'node-well'], HANDSHAKES), turns: SHAKES },
  { ...stream('tcp', 'dial', { kind: 'dials', bytes: 1 }, ['sock', 'node', 'undici'], ['k conn/s', 'client CPU µs']), server: 'node' },
  stream('tcp', 'accept', { kind: 'accepts', bytes: 1 }, ['sock', 'node', 'c'], ['k conn/s', 'server CPU µs']),
  held('tcp', 10_000),
  held('tcp', 1000, '-1k'),
  held('tcp', 4000, '-4k'),
  held('tls', 5000),
  held('tls', 1000, '-1k'),
  held('tls', 2500, '-2500'),
];

const FILES: readonly Figure[] = BOTH.map((carrier) => stream(carrier, 'sendfile', { kind: 'file', bytes: 32 * KIB * KIB }, ['sock', 'node', 'node-well'], BULK));

const WAIT: PollFigure = { kind: 'poll', name: 'poll-wait', sides: ['of 20,000', 'of 200'], watched: { 'of 20,000': 20_000, 'of 200': 200 }, metrics: ['p50 µs'] };

/** With ten ready, so that also a poll of ten can have them. */
const REGISTRATIONS: PollFigure = {
  kind: 'poll',
  name: 'poll-registrations',
  sides: ['of 20,000', 'of 10', 'of 100', 'of 1,000', 'of 10,000'],
  watched: { 'of 20,000': 20_000, 'of 10': 10, 'of 100': 100, 'of 1,000': 1000, 'of 10,000': 10_000 },
  ready: 10,
  metrics: ['p50 µs'],
};

const POOLS: readonly Figure[] = [pool('alone', 1), pool('waiting', 100)];

const CORES: CoresFigure = { kind: 'cores', name: 'tcp-cores', sides: ['all cores', 'one core'], workers: { 'one core': 1 }, connections: 8, metrics: ['k msg/s'] };

/** Packages of which the time and the size of an import are told; what they import counts for the time alone. */
const NAMES = ['config', 'core', 'io', 'tls-context', 'poll', 'async'] as const;

const PACKAGES: readonly Figure[] = [
  ...NAMES.map((name): ImportFigure => {
    const node = name === 'tls-context' ? 'node:tls' : 'node:net';
    return { kind: 'import', name: `import-${name}`, sides: ['sock', node], modules: { sock: [`@sock/${name}`], [node]: [node] }, metrics: ['ms'] };
  }),
  ...NAMES.map((name) => size(name, [`@sock/${name}`])),
  size('core-io', ['@sock/core', '@sock/io']),
  size('tls-client', ['@sock/tls-context'], ['createClientContext', 'TLS_INFO']),
  size('tls-server', ['@sock/tls-context'], ['createServerContext', 'TLS_INFO']),
];

/** Everything that is measured, in the order in which it is. */
export const FIGURES: readonly Figure[] = [
  ...BULKS,
  ...CROWDS,
  ...SMALL,
  ...CONNECTIONS,
  ...FILES,
  WAIT,
  { ...WAIT, name: 'poll-wait-cold', cold: true },
  REGISTRATIONS,
  ...POOLS,
  CORES,
  ...PACKAGES,
];

function bulk(bytes: number, kind: StreamKind = 'bulk'): Work {
  return { kind, bytes };
}

function stream(carrier: Carrier, name: string, work: Work, sides: StreamFigure['sides'], metrics: readonly Metric[]): StreamFigure {
  return { kind: 'stream', name: `${carrier}-${name}`, carrier, work, sides, metrics };
}

/** Each pair takes new processes and thousands of handshakes, and memory varies little. */
function held(carrier: Carrier, connections: number, suffix = ''): HeldFigure {
  return { kind: 'held', name: `${carrier}-held${suffix}`, carrier, connections, sides: ['sock', 'node'], metrics: ['RSS KiB', 'heap KiB'], mostPairs: 2 };
}

/** Ten connections. */
function pool(name: string, callers: number): PoolFigure {
  const metrics = ['k acquires/s', 'CPU ns', 'p50 µs', 'p99 µs'] as const;
  return { kind: 'pool', name: `pool-${name}`, sides: ['sock', 'generic-pool', 'tarn'], connections: 10, callers, metrics };
}

function size(name: string, modules: readonly string[], only?: readonly string[]): SizeFigure {
  return { kind: 'size', name: `size-${name}`, sides: ['sock'], modules, ...(only === undefined ? {} : { imports: only }), metrics: ['KiB'], mostPairs: 1 };
}
