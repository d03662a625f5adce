import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Alarm } from './alarm.ts';
import { HandClock } from './hand-clock.test-d.ts';

describe('an alarm', () => {
  test('rings at the earliest moment that it was set for, once, and tells the time', () => {
    const clock = new HandClock();
    const rings: number[] = [];
    const alarm = new Alarm(clock, (now) => rings.push(now));
    for (const at of [30, 10, 20]) alarm.by(at);
    clock.move(9);
    expect(rings).toEqual([]);
    clock.move(2);
    clock.move(100);
    expect(rings).toEqual([11]);
  });

  test('takes no new timer for a later moment, and none at all for one that never comes', () => {
    const clock = new HandClock();
    const alarm = new Alarm(clock, () => {});
    alarm.by(Infinity);
    alarm.by(Number.NaN);
    expect(clock.set).toBe(0);
    for (const at of [10, 10, 11, 5000, Infinity]) alarm.by(at);
    expect(clock.set).toBe(1);
  });

  test('that is late already rings as soon as the clock can', () => {
    const clock = new HandClock();
    clock.time = 50;
    const rings: number[] = [];
    new Alarm(clock, (now) => rings.push(now)).by(20);
    expect([...clock.timers].map(({ at }) => at)).toEqual([50]);
    clock.move(0);
    expect(rings).toEqual([50]);
  });

  test('rings no more after stop(), until it is set again, for whatever moment', () => {
    const clock = new HandClock();
    const rings: number[] = [];
    const alarm = new Alarm(clock, (now) => rings.push(now));
    alarm.by(10);
    expect(alarm.at).toBe(10);
    alarm.stop();
    expect(alarm.at).toBe(Infinity);
    alarm.stop();
    expect(clock.timers.size).toBe(0);
    clock.move(20);
    expect(rings).toEqual([]);
    alarm.by(30);
    clock.move(10);
    expect([rings, alarm.at]).toEqual([[30], Infinity]);
  });

  test('hands `unref` on to its timers', () => {
    const clock = new HandClock();
    new Alarm(clock, () => {}, { unref: true }).by(1);
    new Alarm(clock, () => {}).by(1);
    expect([...clock.timers].map(({ options }) => options?.unref === true)).toEqual([true, false]);
  });

  test('whoever sets it for what comes first misses no moment, and has one timer at most, whatever is added and taken back', () => {
    const step = fc.oneof(
      fc.record({ do: fc.constant('add' as const), count: fc.nat(30) }),
      fc.record({ do: fc.constant('remove' as const), count: fc.nat(10) }),
      fc.record({ do: fc.constant('move' as const), count: fc.integer({ min: 1, max: 12 }) }),
    );
    fc.assert(fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const clock = new HandClock();
      let due: number[] = [];
      const alarm = new Alarm(clock, (now) => {
        due = due.filter((at) => at > now);
        alarm.by(Math.min(...due));
      });
      for (const one of steps) {
        if (one.do === 'remove') due.splice(one.count, 1);
        else if (one.do === 'move') clock.move(one.count);
        else {
          due.push(clock.time + one.count);
          alarm.by(clock.time + one.count);
        }
        if (one.do === 'move') expect(due.filter((at) => at < clock.time)).toEqual([]);
        expect(clock.timers.size).toBeLessThanOrEqual(1);
      }
    }));
  });
});
