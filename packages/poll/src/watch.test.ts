import type { Pollable, Want } from '@sock/core';
import { ReadySignal } from '@sock/core';
import { expect, test } from 'vitest';
import { createPoll, ENDED, ERROR, HANGUP, READABLE, WRITABLE } from './index.ts';

/** A handshake in flights: each needs a bit of readiness, and then `step`. */
class Flights implements Pollable {
  ready = 0;
  readonly #signal = new ReadySignal();
  readonly #left: Exclude<Want, 'none'>[];
  steps = 0;
  broken = false;

  constructor(...flights: Exclude<Want, 'none'>[]) {
    this.#left = flights;
  }

  get want(): Want {
    return this.#left[0] ?? 'none';
  }

  /** The medium below is ready for that. */
  below(ready: number): void {
    this.ready = ready;
    this.#signal.emit(ready);
  }

  step(): void {
    this.steps += 1;
    if (this.broken) throw new Error('a bad flight');
    this.#left.shift();
    // What came was for the handshake, and is consumed.
    this.ready = 0;
  }

  onReady(listener: (ready: number) => void): () => void {
    return this.#signal.on(listener);
  }

  get heard(): boolean {
    return this.#signal.heard;
  }
}

const now = { timeout: 0 } as const;

test('what a handshake needs is followed whatever the interest is, is told to nobody, and the interest is what it was afterwards', async () => {
  using poll = createPoll<Flights, string>();
  const one = new Flights('read', 'write', 'read');
  poll.add(one, WRITABLE, 'data');
  one.below(READABLE);
  expect([await poll.wait(now), one.steps, one.want]).toEqual([[], 1, 'write']);
  one.below(READABLE);
  expect([await poll.wait(now), one.steps, one.want]).toEqual([[], 1, 'write']);
  one.below(WRITABLE);
  expect([await poll.wait(now), one.steps, one.want]).toEqual([[], 2, 'read']);
  one.below(READABLE);
  expect([await poll.wait(now), one.steps, one.want]).toEqual([[], 3, 'none']);
  // It is over: the event that was asked for at the beginning, and no other.
  one.below(READABLE);
  expect(await poll.wait(now)).toEqual([]);
  one.below(READABLE | WRITABLE);
  expect(await poll.wait(now)).toEqual([{ socket: one, events: WRITABLE, data: 'data' }]);
  expect(one.steps).toBe(3);
});

test('a step waits for a wait, and one that brings nothing is not repeated: nothing spins', async () => {
  using poll = createPoll<Flights>();
  const one = new Flights('read');
  poll.add(one, WRITABLE);
  one.step = () => void (one.steps += 1);
  one.below(READABLE);
  expect(one.steps).toBe(0);
  for (let round = 0; round < 3; round += 1) expect(await poll.wait(now)).toEqual([]);
  expect(one.steps).toBe(1);
  one.below(READABLE);
  await poll.wait(now);
  expect(one.steps).toBe(2);
});

test('it is followed while a one-shot is not armed, and from the readiness that it was added with', async () => {
  using poll = createPoll<Flights>();
  const one = new Flights('read', 'write');
  one.ready = READABLE;
  poll.add(one, ENDED, undefined, { oneShot: true });
  expect([await poll.wait(now), one.want]).toEqual([[], 'write']);
  one.below(ENDED);
  expect((await poll.wait(now)).length).toBe(1);
  one.below(WRITABLE | ENDED);
  expect([await poll.wait(now), one.want]).toEqual([[], 'none']);
});

test('a step that throws is told as ERROR, to this one alone, and it is not asked again', async () => {
  using poll = createPoll<Flights, string>();
  const [bad, good] = [new Flights('read', 'read'), new Flights('read')];
  bad.broken = true;
  poll.add(bad, 0, 'bad');
  poll.add(good, WRITABLE, 'good');
  bad.below(READABLE);
  good.below(READABLE);
  expect(await poll.wait()).toEqual([{ socket: bad, events: ERROR, data: 'bad' }]);
  good.below(WRITABLE);
  bad.below(READABLE);
  expect((await poll.wait()).map(({ data }) => data)).toEqual(['bad', 'good']);
  expect([bad.steps, good.steps]).toEqual([1, 1]);
});

test('a step that removes itself from the poll tells nothing', async () => {
  using poll = createPoll<Flights>();
  const one = new Flights('read');
  poll.add(one, WRITABLE);
  one.step = () => {
    poll.remove(one);
    one.ready = WRITABLE | HANGUP;
  };
  one.below(READABLE);
  expect([await poll.wait(now), poll.size, one.heard]).toEqual([[], 0, false]);
});

test('nobody listens any more after a remove, after the close of what was watched, and after that of the poll', async () => {
  const poll = createPoll<Flights>();
  const all = [new Flights(), new Flights(), new Flights()] as const;
  for (const one of all) poll.add(one, READABLE);
  expect(all.map(({ heard }) => heard)).toEqual([true, true, true]);
  poll.remove(all[0]);
  all[1].below(HANGUP);
  expect((await poll.wait()).map(({ events }) => events)).toEqual([HANGUP]);
  expect(all.map(({ heard }) => heard)).toEqual([false, false, true]);
  poll.close();
  expect(all[2].heard).toBe(false);
});
