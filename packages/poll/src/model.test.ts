import type { Pollable } from '@sock/core';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Poll, PollClock, PollEvent, PollTimer, WatchChange, WatchOptions } from './index.ts';
import { createPoll, ENDED, ERROR, HANGUP, READABLE, TIMER, WRITABLE } from './index.ts';

/** Something whose readiness the test sets. */
class Source implements Pollable {
  ready = 0;
  readonly listeners = new Set<(ready: number) => void>();

  onReady(listener: (ready: number) => void): () => void {
    this.listeners.add(listener);
    return () => void this.listeners.delete(listener);
  }

  become(ready: number, arrival: boolean): void {
    this.ready = ready;
    if (arrival) for (const listener of this.listeners) listener(ready);
  }
}

/** Time that stands until it is moved; the one timer that a poll may run. */
class Clock implements PollClock {
  time = 0;
  readonly turn = queueMicrotask;
  timer: { readonly run: () => void; readonly at: number } | undefined;

  now(): number {
    return this.time;
  }

  after(milliseconds: number, run: () => void): () => void {
    same(this.timer, undefined, 'a second timer of the runtime');
    const timer = { run, at: this.time + milliseconds };
    this.timer = timer;
    return () => {
      if (timer === this.timer) this.timer = undefined;
    };
  }

  move(milliseconds: number): void {
    this.time += milliseconds;
    for (let due = this.timer; due !== undefined && due.at <= this.time; due = this.timer) {
      this.timer = undefined;
      due.run();
    }
  }
}

type Event = PollEvent<Source, number, number>;

/** What the definitions say of one registration: no list, no order. */
interface Registered extends Required<WatchOptions> {
  interest: number; data: number; armed: boolean;
  /** There was a reason to look since it was told last. */
  changed: boolean;
}

interface Timing { at: number; readonly delay: number; readonly repeats: boolean; active: boolean }

class Model {
  now = 0;
  woken = false;
  readonly ready: number[] = Array.from({ length: SOURCES }, () => 0);
  readonly watched = new Map<number, Registered>();
  readonly timings: Timing[] = [];
  waiting: { readonly until: number; readonly max: number } | undefined;
  /** How many events of others were told while this one was due and was not. */
  readonly passedOver = new Map<string, number>();

  /** Everything that is due: `s0` for a source with its bits, `t0` for a timer with its ticks. */
  due(): Map<string, number> {
    const due = new Map<string, number>();
    for (const [index, { interest, armed, trigger, changed }] of this.watched) {
      const ready = this.ready[index] as number;
      const looked = trigger === 'level' || changed;
      const asked = armed ? interest | ERROR | HANGUP : HANGUP;
      if (looked && (ready & asked) !== 0) due.set(`s${index}`, ready & (interest | ERROR | HANGUP));
    }
    for (const [index, { active, at, delay, repeats }] of this.timings.entries()) {
      if (active && at <= this.now) due.set(`t${index}`, repeats ? Math.floor((this.now - at) / delay) + 1 : 1);
    }
    return due;
  }

  /** A reason to look at it: an arrival, an `add`, a `modify`. One that finds nothing to tell is no reason any more. */
  touch(index: number): void {
    const entry = this.watched.get(index);
    if (entry === undefined) return;
    const asked = entry.armed ? entry.interest | ERROR | HANGUP : HANGUP;
    if (((this.ready[index] as number) & asked) !== 0) entry.changed = true;
  }

  /** What was told is told. */
  told(name: string, value: number): void {
    const index = Number(name.slice(1));
    const timing = this.timings[index];
    if (name.startsWith('t') && timing !== undefined) {
      if (timing.repeats) timing.at += value * timing.delay;
      else timing.active = false;
      return;
    }
    const entry = this.watched.get(index) as Registered;
    entry.changed = false;
    if (entry.oneShot) entry.armed = false;
    if ((value & HANGUP) !== 0) this.watched.delete(index);
  }
}

interface Real {
  readonly poll: Poll<Source, number, number>;
  readonly clock: Clock;
  readonly sources: Source[];
  readonly timers: PollTimer[];
  answer: Event[] | undefined;
  failed: unknown;
}

const SOURCES = 6;
/** Of registrations, and of timers: less than there are sources. */
const LIMIT = 5;

/** Holds what a wait answered with against what is due. */
function compare(model: Model, real: Real, events: Event[], max: number): void {
  const due = model.due();
  const told = new Map<string, number>(events.map((event) => {
    if (event.timer === undefined) return [`s${real.sources.indexOf(event.socket)}`, event.events] as const;
    same(event.events, TIMER, 'the mask of a timer');
    return [`t${real.timers.indexOf(event.timer)}`, event.ticks] as const;
  }));
  same(told.size, events.length, 'an event is told once in a batch');
  same(events.length, Math.min(max, due.size), 'no event is lost');
  for (const event of events) if (event.timer === undefined) same(event.data, model.watched.get(real.sources.indexOf(event.socket))?.data, 'the data');
  for (const [name, value] of told) same(value, due.get(name), name);
  for (const name of model.passedOver.keys()) if (!due.has(name) || told.has(name)) model.passedOver.delete(name);
  for (const name of due.keys()) {
    if (told.has(name)) continue;
    const passed = (model.passedOver.get(name) ?? 0) + events.length;
    same(passed < 2 * LIMIT, true, `${name} waits for its turn`);
    model.passedOver.set(name, passed);
  }
  // Whoever was looked at and had nothing to tell is looked at again only for a new reason.
  for (const [index, entry] of model.watched) if (!due.has(`s${index}`)) entry.changed = false;
  for (const [name, value] of told) model.told(name, value);
  model.woken = false;
}

/** After each command: a wait that is under way is answered at once when it may be, and not before. */
async function settle(model: Model, real: Real): Promise<void> {
  for (let hop = 0; hop < 8; hop += 1) await Promise.resolve();
  same(real.failed, undefined, 'a wait that failed');
  const { waiting } = model;
  if (waiting !== undefined) {
    const over = model.woken || model.now >= waiting.until || model.due().size > 0;
    same(real.answer !== undefined, over, 'answered when there is a reason');
    if (real.answer !== undefined) {
      compare(model, real, real.answer, waiting.max);
      model.waiting = undefined;
      real.answer = undefined;
    }
  }
  same(real.poll.size, model.watched.size, 'size');
  for (const [index, source] of real.sources.entries()) same(source.listeners.size, model.watched.has(index) ? 1 : 0, `listeners of ${index}`);
  if (model.waiting === undefined) same(real.clock.timer, undefined, 'a timer of the runtime while nobody waits');
}

type Step = fc.AsyncCommand<Model, Real>;

function command(title: string, run: (model: Model, real: Real) => void, check: (model: Model) => boolean = () => true): Step {
  return {
    check,
    run: (model, real) => {
      run(model, real);
      return settle(model, real);
    },
    toString: () => title,
  };
}

/** An `expect` of its own: millions of these hold, and only one that does not is worth its words. */
function same(found: unknown, wanted: unknown, what: string): void {
  if (!Object.is(found, wanted)) expect(found, what).toBe(wanted);
}

/** The code that `call` throws, or none. */
function codeOf(call: () => unknown): string | undefined {
  try {
    return void call();
  } catch (error) {
    return (error as { code: string }).code;
  }
}

const index = fc.nat(SOURCES - 1);
const mask = fc.constantFrom(0, READABLE, WRITABLE, READABLE | WRITABLE, READABLE | ENDED, HANGUP, ERROR, READABLE | WRITABLE | ENDED);
const state = fc.constantFrom(0, 0, READABLE, WRITABLE, READABLE | WRITABLE, READABLE | ENDED, READABLE | WRITABLE | ERROR);
const trigger = fc.constantFrom('level' as const, 'edge' as const);
const delay = fc.constantFrom(1, 3, 10, 25);

const add = fc.tuple(index, mask, trigger, fc.boolean(), fc.nat(99)).map(([index, interest, trigger, oneShot, data]) =>
  command(`add(${index}, ${interest}, ${trigger}, ${oneShot})`, (model, { poll, sources }) => {
    const code = codeOf(() => poll.add(sources[index] as Source, interest, data, { trigger, oneShot }));
    same(code, model.watched.has(index) ? 'ERR_SOCK_POLL_DUPLICATE' : model.watched.size === LIMIT ? 'ERR_SOCK_POLL_FULL' : undefined, 'the code');
    if (code !== undefined) return;
    model.watched.set(index, { interest, trigger, oneShot, data, armed: true, changed: false });
    model.touch(index);
  }));

const change = fc.record({ interest: mask, add: mask, remove: mask, trigger, oneShot: fc.boolean(), data: fc.nat(99) }, { requiredKeys: [] });
const modify = fc.tuple(index, change).map(([index, change]: [number, WatchChange<number>]) =>
  command(`modify(${index}, ${JSON.stringify(change)})`, (model, { poll, sources }) => {
    const entry = model.watched.get(index);
    const contradicts = ((change.add ?? 0) & (change.remove ?? 0)) !== 0;
    const code = codeOf(() => poll.modify(sources[index] as Source, change));
    same(code, entry === undefined ? 'ERR_SOCK_POLL_UNKNOWN' : contradicts ? 'ERR_SOCK_POLL_ARGUMENT' : undefined, 'the code');
    if (entry === undefined || contradicts) return;
    entry.interest = change.interest ?? entry.interest;
    for (const bit of [READABLE, WRITABLE, ERROR, HANGUP, ENDED]) {
      if (((change.add ?? 0) & bit) !== 0) entry.interest |= bit;
      if (((change.remove ?? 0) & bit) !== 0) entry.interest &= ~bit;
    }
    Object.assign(entry, { trigger: change.trigger ?? entry.trigger, oneShot: change.oneShot ?? entry.oneShot, data: change.data ?? entry.data, armed: true });
    model.touch(index);
  }));

const remove = index.map((index) => command(`remove(${index})`, (model, { poll, sources }) => {
  same(poll.has(sources[index] as Source), model.watched.has(index), 'has');
  same(poll.remove(sources[index] as Source), model.watched.delete(index), 'remove');
  model.passedOver.delete(`s${index}`);
}));

const ready = fc.tuple(index, state, fc.boolean()).map(([index, next, again]) =>
  command(`ready(${index}, ${next}, ${again})`, (model, { sources }) => {
    const before = model.ready[index] as number;
    // Also told without a new bit: more bytes have come.
    const arrival = again || (next & ~before) !== 0;
    model.ready[index] = next;
    if (arrival) model.touch(index);
    sources[index]?.become(next, arrival);
  }, (model) => ((model.ready[index] as number) & HANGUP) === 0));

const close = index.map((index) => command(`close(${index})`, (model, { sources }) => {
  model.ready[index] = READABLE | HANGUP;
  model.touch(index);
  sources[index]?.become(READABLE | HANGUP, true);
}, (model) => ((model.ready[index] as number) & HANGUP) === 0));

/** Another takes its place: without it all would be closed soon. */
const reopen = index.map((index) => command(`reopen(${index})`, (model, { sources }) => sources[index]?.become((model.ready[index] = 0), false), (model) => !model.watched.has(index)));

const timer = fc.tuple(delay, fc.boolean()).map(([delay, repeats]) => command(`${repeats ? 'every' : 'after'}(${delay})`, (model, { poll, timers }) => {
  const full = model.timings.filter(({ active }) => active).length >= LIMIT;
  const code = codeOf(() => timers.push(repeats ? poll.every(delay, timers.length) : poll.after(delay, timers.length)));
  same(code, full ? 'ERR_SOCK_POLL_FULL' : undefined, 'the code');
  if (!full) model.timings.push({ at: model.now + delay, delay, repeats, active: true });
}));

const cancel = fc.nat(9).map((index) => command(`cancel(${index})`, (model, { timers }) => {
  const timing = model.timings[index] as Timing;
  same(timers[index]?.cancel(), timing.active, 'cancel');
  timing.active = false;
}, (model) => index < model.timings.length));

const restart = fc.nat(9).map((index) => command(`restart(${index})`, (model, { timers }) => {
  const timing = model.timings[index] as Timing;
  const full = !timing.active && model.timings.filter(({ active }) => active).length >= LIMIT;
  same(codeOf(() => timers[index]?.restart()), full ? 'ERR_SOCK_POLL_FULL' : undefined, 'the code');
  if (!full) Object.assign(timing, { active: true, at: model.now + timing.delay });
  model.passedOver.delete(`t${index}`);
}, (model) => index < model.timings.length));

const move = fc.constantFrom(1, 2, 5, 12, 60).map((milliseconds) => command(`move(${milliseconds})`, (model, { clock }) => {
  model.now += milliseconds;
  clock.move(milliseconds);
}));

const wake = fc.constant(command('wake()', (model, { poll }) => {
  model.woken = true;
  poll.wake();
}));

const wait = fc.tuple(fc.constantFrom(0, 0, 4, 40, undefined), fc.constantFrom(1, 2, 3, 100)).map(([timeout, max]) =>
  command(`wait(${timeout}, ${max})`, (model, real) => {
    model.waiting = { until: timeout === undefined ? Infinity : model.now + timeout, max };
    real.poll.wait({ timeout, max }).then((events) => (real.answer = events), (error: unknown) => (real.failed = error));
  }, (model) => model.waiting === undefined));

test('no event is lost, doubled or late: any calls, any readiness, any time, against the plain definitions', async () => {
  const steps = [add, modify, remove, ready, ready, close, reopen, timer, cancel, restart, move, move, wake, wait, wait, wait];
  await fc.assert(fc.asyncProperty(fc.commands(steps, { maxCommands: 40, size: 'max' }), async (commands) => {
    const clock = new Clock();
    const poll = createPoll<Source, number, number>({ clock, maxRegistered: LIMIT });
    const real: Real = { poll, clock, sources: Array.from({ length: SOURCES }, () => new Source()), timers: [], answer: undefined, failed: undefined };
    await fc.asyncModelRun(() => ({ model: new Model(), real }), commands);
    poll.close();
    same(real.sources.every(({ listeners }) => listeners.size === 0), true, 'nothing listens after the close');
  }), { numRuns: 10_000 });
}, 300_000);
