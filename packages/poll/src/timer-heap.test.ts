import fc from 'fast-check';
import { expect, test } from 'vitest';
import { TimerHeap } from './timer-heap.ts';

test('whatever is added and taken out, at any place, the rest comes in the order of its time, and of its coming', () => {
  fc.assert(fc.property(fc.array(fc.tuple(fc.nat(20), fc.option(fc.nat(30), { nil: undefined }))), (calls) => {
    const heap = new TimerHeap<{ at: number; order: number; place: number; name: number }>();
    const all: { at: number; order: number; place: number; name: number }[] = [];
    let kept: typeof all = [];
    for (const [at, takenOut] of calls) {
      const item = { at, order: -1, place: -1, name: all.length };
      all.push(item);
      kept.push(item);
      heap.add(item);
      const gone = takenOut === undefined ? undefined : all[takenOut];
      if (gone === undefined) continue;
      expect(heap.remove(gone)).toBe(kept.includes(gone));
      kept = kept.filter((each) => each !== gone);
    }
    kept.sort((a, b) => a.at - b.at || a.name - b.name);
    expect([heap.length, heap.next]).toEqual([kept.length, kept[0]?.at ?? Infinity]);
    // Those that are due by 10, and not one more.
    const due = [];
    for (let item = heap.shift(10); item !== undefined; item = heap.shift(10)) due.push(item);
    expect(due).toEqual(kept.filter(({ at }) => at <= 10));
    expect(due.every(({ place }) => place === -1)).toBe(true);
  }));
});
