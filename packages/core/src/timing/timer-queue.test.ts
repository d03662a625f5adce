import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Due } from './due-heap.ts';
import { HandClock } from './hand-clock.test-d.ts';
import { TimerQueue } from './timer-queue.ts';

interface Item extends Due {
  readonly name: number;
}

function item(name: number, at: number): Item {
  return { name, at, order: 0, place: -1 };
}

test('each runs once, when it is due, in the order of their times; of two at the same time the one that was added first', () => {
  const clock = new HandClock();
  const told: [name: number, at: number][] = [];
  const timers = new TimerQueue<Item>(clock, ({ name }, now) => told.push([name, now]));
  for (const [name, at] of [[1, 30], [2, 10], [3, 20], [4, 10]] as const) timers.add(item(name, at));
  clock.move(10);
  expect([told, timers.length]).toEqual([[[2, 10], [4, 10]], 2]);
  clock.move(50);
  expect(told.slice(2)).toEqual([[3, 60], [1, 60]]);
});

test('no timer of the runtime runs while there is nothing to wait for', () => {
  const clock = new HandClock();
  const timers = new TimerQueue<Item>(clock, () => {}, { unref: true });
  const [one, other] = [item(1, 10), item(2, 20)];
  for (const each of [one, other]) timers.add(each);
  expect([...clock.timers].map(({ options }) => options?.unref)).toEqual([true]);
  expect([timers.remove(one), timers.remove(one)]).toEqual([true, false]);
  timers.move(other, Infinity);
  expect([timers.length, clock.timers.size]).toEqual([0, 0]);
});

test('one that is moved runs at the new time alone, also from within its own run', () => {
  const clock = new HandClock();
  const times: number[] = [];
  const timers = new TimerQueue<Item>(clock, (each, now) => {
    times.push(now);
    if (times.length < 3) timers.move(each, now + 5);
  });
  const one = item(1, 10);
  timers.add(one);
  timers.move(one, 20);
  for (let time = 0; time < 60; time += 5) clock.move(5);
  expect(times).toEqual([20, 25, 30]);
});

test('one that throws stops none of the others', () => {
  const clock = new HandClock();
  const told: number[] = [];
  const timers = new TimerQueue<Item>(clock, ({ name }) => {
    if (name === 1) throw new Error('this one');
    told.push(name);
  });
  for (const name of [1, 2, 3]) timers.add(item(name, 10 * name));
  expect(() => clock.move(30)).toThrow('this one');
  clock.move(0);
  expect(told).toEqual([2, 3]);
});

test('whatever is added, moved and taken out: each runs at the first ring after its time, and there is one timer at most', () => {
  const step = fc.record({ do: fc.constantFrom('add', 'move', 'remove', 'pass'), which: fc.nat(20), time: fc.integer({ min: 1, max: 15 }) });
  fc.assert(fc.property(fc.array(step, { maxLength: 80 }), (steps) => {
    const clock = new HandClock();
    const due = new Map<Item, number>();
    const timers = new TimerQueue<Item>(clock, (each, now) => {
      expect(due.get(each)).toBeLessThanOrEqual(now);
      due.delete(each);
    });
    steps.forEach(({ do: what, which, time }, name) => {
      const known = [...due.keys()][which];
      if (what === 'pass') clock.move(time);
      else if (what === 'add') {
        const added = item(name, clock.time + time);
        due.set(added, added.at);
        timers.add(added);
      } else if (known !== undefined && what === 'move') {
        due.set(known, clock.time + time);
        timers.move(known, clock.time + time);
      } else if (known !== undefined) {
        due.delete(known);
        expect(timers.remove(known)).toBe(true);
      }
      expect([timers.length, clock.timers.size <= 1, clock.timers.size > 0]).toEqual([due.size, true, due.size > 0]);
      for (const at of due.values()) expect(at).toBeGreaterThanOrEqual(clock.time);
    });
  }));
});
