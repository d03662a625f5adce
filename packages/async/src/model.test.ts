import type { Socket } from '@sock/core';
import { memoryPair } from '@sock/core/memory';
import { leakGuard } from '@sock/testkit';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { FakeClock } from './fake-clock.test-d.ts';
import { fakeClock } from './fake-clock.test-d.ts';
import type { Completion, Operations, Outcome, Submitted } from './index.ts';
import { createOperations } from './index.ts';

leakGuard();

const nothing = Promise.resolve();
const MAX_IN_FLIGHT = 4;
const MAX_WAITING = 4;
const GRACE = 50;

/** One operation, as the model has it: what it is to do, and where it stands. */
interface Modelled {
  readonly id: number;
  /** The sides of sockets that it has for itself. */
  readonly sides: readonly string[];
  readonly socket: number;
  readonly after: number | undefined;
  /** It stops when it is asked to. */
  readonly listens: boolean;
  readonly expiresAt: number;
  /** Of two deadlines at the same time, the one that was set first comes first. */
  order: number;
  state: 'waiting' | 'queued' | 'running' | 'stopping' | 'done';
  outcome: Outcome | undefined;
  /** Why it is stopping, and when its patience is over. */
  stop: { readonly outcome: Outcome; readonly graceAt: number } | undefined;
  /** Its work is not over, though it is completed. */
  unsettled: boolean;
}

/** All the rules in one place, simple and slow: everything is looked at again after each step. */
class Model {
  readonly all: Modelled[] = [];
  /** Asked to stop, and about to do so: a moment after whatever happens at the same time. */
  readonly ending: Modelled[] = [];
  time = 0;
  orders = 0;
  closed = false;

  get inFlight(): Modelled[] {
    return this.all.filter(({ state }) => state !== 'waiting' && state !== 'done');
  }

  get waiting(): Modelled[] {
    return this.all.filter(({ state }) => state === 'waiting');
  }

  get alive(): Modelled[] {
    return this.all.filter(({ state }) => state !== 'done');
  }

  finish(one: Modelled, outcome: Outcome): void {
    one.state = 'done';
    one.outcome = outcome;
  }

  stop(one: Modelled, outcome: 'cancelled' | 'timedOut'): void {
    if (one.state === 'waiting' || one.state === 'queued') return this.finish(one, outcome);
    if (one.state !== 'running') return;
    one.state = 'stopping';
    one.stop = { outcome, graceAt: this.time + GRACE };
    one.order = this.orders++;
    if (one.listens) this.ending.push(one);
  }

  /** What was asked to stop stops. */
  end(): void {
    for (const one of this.ending.splice(0)) this.settle(one, false);
    this.step();
  }

  settle(one: Modelled, ok: boolean): void {
    one.unsettled = false;
    if (one.state === 'running') this.finish(one, ok ? 'ok' : 'error');
    else if (one.state === 'stopping') this.finish(one, ok ? 'ok' : one.stop?.outcome ?? 'error');
  }

  /** Links, room and turns, until nothing changes any more. */
  step(): void {
    for (let changed = true; changed; ) {
      changed = false;
      for (const one of this.all) {
        const before = one.after === undefined ? undefined : this.all[one.after - 1];
        if ((one.state === 'waiting' || one.state === 'queued') && before?.state === 'done' && before.outcome !== 'ok') {
          this.finish(one, 'cancelled');
          changed = true;
        }
        if (one.state === 'waiting' && this.waiting[0] === one && this.inFlight.length < MAX_IN_FLIGHT) {
          one.state = 'queued';
          changed = true;
        }
        const linked = before === undefined || before.outcome === 'ok';
        const busy = (side: string): boolean => this.all.some((other) => other.sides.includes(side) && (other.unsettled || (other.id < one.id && other.state !== 'waiting' && other.state !== 'done')));
        if (one.state === 'queued' && linked && !one.sides.some(busy)) {
          one.state = 'running';
          changed = true;
        }
      }
    }
  }

  advance(milliseconds: number): void {
    const end = this.time + milliseconds;
    for (;;) {
      const dueAt = ({ state, expiresAt, stop }: Modelled): number => (state === 'done' ? Infinity : state === 'stopping' ? (stop?.graceAt ?? Infinity) : expiresAt);
      const first = this.all.filter((one) => dueAt(one) <= end).toSorted((a, b) => dueAt(a) - dueAt(b) || a.order - b.order)[0];
      if (this.ending.length > 0 && (first === undefined || dueAt(first) > this.time)) {
        this.end();
        continue;
      }
      if (first === undefined) break;
      this.time = Math.max(this.time, dueAt(first));
      if (first.state === 'stopping') {
        this.finish(first, first.stop?.outcome ?? 'error');
        first.unsettled = true;
      } else this.stop(first, 'timedOut');
      this.step();
    }
    this.time = end;
  }
}

interface Real {
  readonly clock: FakeClock;
  readonly operations: Operations;
  readonly sockets: readonly Socket[];
  readonly submitted: Map<number, Submitted>;
  /** How each work that runs is ended. */
  readonly works: Map<number, (ok: boolean) => void>;
  readonly told: Map<number, Outcome[]>;
}

type Command = fc.AsyncCommand<Model, Real>;

function command(name: string, run: (model: Model, real: Real) => void | Promise<unknown>, check: (model: Model) => boolean = () => true): Command {
  return {
    check,
    toString: () => name,
    run: async (model, real) => {
      await run(model, real);
      model.end();
      for (let turn = 0; turn < 8; turn += 1) await nothing;
      compare(model, real);
    },
  };
}

function compare(model: Model, { operations, told, works }: Real): void {
  const expected = model.all.filter(({ state }) => state === 'done').map(({ id, outcome }) => [id, [outcome]]);
  same('told', [...told].toSorted(([a], [b]) => a - b), expected);
  same('works', [...works.keys()].toSorted((a, b) => a - b), model.all.filter(({ state, unsettled }) => state === 'running' || state === 'stopping' || unsettled).map(({ id }) => id));
  const { inFlight, waiting, completed, submitted, unsettled } = operations.stats;
  same('stats', [inFlight, waiting, completed, submitted, unsettled], [model.inFlight.length, model.waiting.length, expected.length, model.all.length, model.all.filter((one) => one.unsettled).length]);
}

/** As `toEqual`, for a hundred thousand comparisons. */
function same(what: string, found: unknown, expected: unknown): void {
  if (JSON.stringify(found) !== JSON.stringify(expected)) expect(found, what).toEqual(expected);
}

interface Plan { readonly socket: number; readonly side: 'send' | 'receive' | 'both' | 'none'; readonly timeout: number | undefined; readonly after: number | undefined; readonly listens: boolean; readonly throws: boolean }

function submit(plan: Plan, model: Model, { operations, sockets, submitted, works, told }: Real): void {
  const { socket, side, timeout, listens, throws } = plan;
  const after = plan.after === undefined || model.all.length === 0 ? undefined : (plan.after % model.all.length) + 1;
  const id = model.all.length + 1;
  const run = ({ signal }: { readonly signal: AbortSignal }): Promise<void> => new Promise((resolve, reject) => {
    const end = (ok: boolean): void => {
      works.delete(id);
      if (ok) resolve();
      else reject(new Error('failed'));
    };
    works.set(id, end);
    if (listens) signal.addEventListener('abort', () => end(false));
  });
  const onCompletion = ({ outcome, ...rest }: Completion): void => {
    told.set(rest.id, [...(told.get(rest.id) ?? []), outcome]);
    if (throws) throw new Error('a callback throws');
  };
  const submitting = (): unknown => submitted.set(id, operations.submit({ op: 'call', run, socket: sockets[socket], side }, { timeout, onCompletion, ...(after === undefined ? {} : { after: submitted.get(after) as Submitted }) }));
  if (model.closed) return expect(submitting).toThrow(expect.objectContaining({ code: 'ERR_SOCK_OPERATION_CLOSED' }));
  if (model.waiting.length === MAX_WAITING) return expect(submitting).toThrow(expect.objectContaining({ code: 'ERR_SOCK_OPERATION_FULL' }));
  submitting();
  const sides = { send: [`${socket}s`], receive: [`${socket}r`], both: [`${socket}s`, `${socket}r`], none: [] }[side];
  model.all.push({ id, sides, socket, after, listens, expiresAt: timeout === undefined ? Infinity : model.time + timeout, order: model.orders++, state: 'waiting', outcome: undefined, stop: undefined, unsettled: false });
}

/** The one that a number points at. */
const pick = <T>(from: readonly T[], index: number): T | undefined => from[index % Math.max(1, from.length)];

const plan = fc.record({
  socket: fc.nat(1),
  side: fc.constantFrom('send', 'receive', 'both', 'none'),
  timeout: fc.option(fc.constantFrom(1, 10, 30, 200), { nil: undefined, freq: 2 }),
  after: fc.option(fc.nat(30), { nil: undefined, freq: 3 }),
  listens: fc.boolean(),
  throws: fc.boolean(),
});

const commands = fc.commands([
  plan.map((one) => command(`submit(${JSON.stringify(one)})`, (model, real) => submit(one, model, real))),
  plan.map((one) => command(`submit(${JSON.stringify(one)})`, (model, real) => submit(one, model, real))),
  fc.tuple(fc.nat(20), fc.boolean()).map(([index, ok]) => command(`settle(${index}, ${ok})`, async (model, { works }) => {
    const one = pick(model.all.filter(({ state, unsettled }) => state === 'running' || state === 'stopping' || unsettled), index);
    if (one === undefined) return;
    works.get(one.id)?.(ok);
    model.settle(one, ok);
  })),
  fc.nat(20).map((index) => command(`cancel(${index})`, (model, { operations }) => {
    const one = pick(model.all, index);
    same('cancel', operations.cancel(one?.id ?? 77), one !== undefined && one.state !== 'done');
    if (one !== undefined) model.stop(one, 'cancelled');
  })),
  fc.nat(1).map((socket) => command(`cancelAll(${socket})`, (model, { operations, sockets }) => {
    const those = model.alive.filter((one) => one.socket === socket);
    operations.cancelAll(sockets[socket]);
    for (const one of those) model.stop(one, 'cancelled');
  })),
  fc.constantFrom(1, 9, 20, 60).map((milliseconds) => command(`advance(${milliseconds})`, async (model, { clock }) => {
    // One by one: what is told in between comes by microtasks.
    for (let count = 0; count < milliseconds; count += 1) {
      clock.move(1);
      for (let turn = 0; turn < 8; turn += 1) await nothing;
      model.advance(1);
    }
  })),
  fc.constant(command('close()', (model, { operations }) => {
    void operations.close();
    for (const one of model.alive) model.stop(one, 'cancelled');
    model.closed = true;
  })),
], { size: 'medium' });

test('any submissions, ends, cancels, time-outs, links and closes: each operation is completed exactly once, as the model says', { timeout: 120_000 }, async () => {
  await fc.assert(fc.asyncProperty(commands, async (list) => {
    const clock = fakeClock();
    const sockets = [memoryPair()[0], memoryPair()[0]];
    const real: Real = { clock, sockets, operations: createOperations({ clock, maxInFlight: MAX_IN_FLIGHT, maxWaiting: MAX_WAITING, cancelGrace: GRACE }), submitted: new Map(), works: new Map(), told: new Map() };
    const model = new Model();
    await fc.asyncModelRun(() => ({ model, real }), list);
    // Whatever is left ends with the queue, and its works a moment later.
    const closed = real.operations.close();
    for (const end of real.works.values()) end(false);
    clock.move(GRACE);
    await closed;
    expect([...real.told.values()].map(({ length }) => length)).toEqual(model.all.map(() => 1));
    await nothing;
    await nothing;
    expect(real.operations.stats).toMatchObject({ inFlight: 0, waiting: 0, bytesInFlight: 0, partial: 0, unsettled: 0 });
    expect(clock.timers).toBe(0);
    for (const socket of sockets) socket.destroy();
  }), { numRuns: 5000 });
});
