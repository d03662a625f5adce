import { dirname, join } from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import { makeCertificates } from './certificates.ts';
import { bundleProgram } from './program-bundle.ts';
import { STEPS } from './syscalls-steps.ts';
import type { Counts, Step } from './syscalls-trace.ts';
import { trace } from './syscalls-trace.ts';

const CARRIERS = ['tcp', 'tls'] as const;
const WRITERS = ['sock', 'node'] as const;

interface Limit extends Omit<Counts, 'others'> {
  /** All of them together. */
  readonly others: number;
}

/**
 * What all steps together may be, exactly what they are where that is the same each time. Reads and polls depend a little on how the system cuts the bytes into portions.
 * A step is both ends of a connection: of a round trip, each end writes, polls and reads once.
 */
const LIMITS: Readonly<Record<(typeof CARRIERS)[number], Readonly<Record<Step, Limit>>>> = {
  tcp: {
    pipelined: { writes: 2, reads: 6, others: 0, polls: 6, timers: 0 },
    awaited: { writes: 2, reads: 6, others: 0, polls: 6, timers: 0 },
    'round trips': { writes: 400, reads: 400, others: 0, polls: 402, timers: 0 },
    bulk: { writes: 32, reads: 48, others: 0, polls: 32, timers: 0 },
    connections: { writes: 0, reads: 40, others: 560, polls: 70, timers: 80 },
    idle: { writes: 0, reads: 0, others: 0, polls: 6, timers: 1 },
  },
  // A server has read the ClientHello before the engine got it, and that makes the engine's reads small: 16 KiB and 1 KiB in turns.
  tls: {
    pipelined: { writes: 2, reads: 20, others: 0, polls: 6, timers: 0 },
    awaited: { writes: 2, reads: 20, others: 0, polls: 6, timers: 0 },
    'round trips': { writes: 400, reads: 400, others: 0, polls: 402, timers: 0 },
    bulk: { writes: 20, reads: 270, others: 0, polls: 32, timers: 0 },
    connections: { writes: 120, reads: 100, others: 580, polls: 110, timers: 140 },
    idle: { writes: 0, reads: 0, others: 0, polls: 6, timers: 1 },
  },
};

/** Writes of plain Node for one of Sock. Under TCP Node does not gather at all; under TLS what was sent while it wrote, up to 16 KiB (Node 20) or 64. */
const FEWER = [['tcp', 'pipelined', 500], ['tcp', 'awaited', 500], ['tls', 'pipelined', 2], ['tls', 'awaited', 500]] as const;

const counts = new Map<string, Readonly<Record<Step, Counts>>>();

beforeAll(async () => {
  await using certificates = await makeCertificates('ec');
  const folder = dirname(certificates.file('ca.pem'));
  const program = await bundleProgram('syscalls-program', folder);
  const one = async (writer: string, carrier: string): Promise<void> => void counts.set(`${writer} ${carrier}`, await trace(program, [writer, carrier, folder], join(folder, `${writer}-${carrier}`)));
  // Whatever happens, the folder goes last.
  const runs = await Promise.allSettled(CARRIERS.flatMap((carrier) => WRITERS.map(async (writer) => await one(writer, carrier))));
  for (const run of runs) if (run.status === 'rejected') throw run.reason;
}, 60_000);

test.each(CARRIERS)('%s: no step makes more system calls, or timers, than it did', (carrier) => {
  for (const [step, limit] of Object.entries(LIMITS[carrier]) as [Step, Limit][]) {
    const count = of('sock', carrier, step);
    for (const name of ['writes', 'reads', 'polls', 'timers'] as const) expect(count[name], `${name} of ${STEPS[step]} × ${step}`).toBeLessThanOrEqual(limit[name]);
    expect(sum(count.others), `of ${STEPS[step]} × ${step}: ${JSON.stringify(count.others)}`).toBeLessThanOrEqual(limit.others);
    // A trace in which nothing is found would hold any limit.
    for (const name of ['writes', 'reads', 'polls'] as const) if (limit[name] > 100) expect(count[name], `${name} of ${step} are counted`).toBeGreaterThan(limit[name] / 2);
  }
});

test.each(CARRIERS)('%s: where there is nothing to gather, plain Node makes as many calls', (carrier) => {
  for (const step of ['round trips', 'bulk', 'connections', 'idle'] as const) expect(of('sock', carrier, step).writes, `writes of ${step}`).toBeLessThanOrEqual(of('node', carrier, step).writes);
  const [sock, node] = [of('sock', carrier, 'round trips'), of('node', carrier, 'round trips')];
  expect([sock.writes, sock.reads]).toEqual([node.writes, node.reads]);
  expect(sock.polls).toBeLessThanOrEqual(node.polls + 2);
});

test.each(FEWER)('%s: messages that are %s leave in fewer writes than those of plain Node, %i times', (carrier, step, times) => {
  expect(of('node', carrier, step).writes / of('sock', carrier, step).writes).toBeGreaterThanOrEqual(times);
});

test.each(CARRIERS)('%s: from its dial to its close, a connection asks the system for two addresses at each end more than plain Node with the same options, and for nothing else', (carrier) => {
  const [sock, node] = [of('sock', carrier, 'connections'), of('node', carrier, 'connections')];
  const ends = 2 * STEPS.connections;
  expect(sock.others).toEqual({ ...node.others, getsockname: ends, getpeername: ends });
  expect([sock.writes, sock.reads]).toEqual([node.writes, node.reads]);
});

test.each(CARRIERS)('%s: for a second, an idle connection asks the system for nothing', (carrier) => {
  const { writes, reads, others } = of('sock', carrier, 'idle');
  expect({ writes, reads, others }).toEqual({ writes: 0, reads: 0, others: {} });
});

function of(writer: (typeof WRITERS)[number], carrier: (typeof CARRIERS)[number], step: Step): Counts {
  return (counts.get(`${writer} ${carrier}`) as Readonly<Record<Step, Counts>>)[step];
}

function sum(calls: Readonly<Record<string, number>>): number {
  return Object.values(calls).reduce((all, count) => all + count, 0);
}
