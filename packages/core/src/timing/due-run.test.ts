import fc from 'fast-check';
import { expect, test } from 'vitest';
import { DueHeap } from './due-heap.ts';

interface Item { at: number; order: number; place: number }

test('time-outs of a few lengths, begun again and again and ended anywhere, come in order, also when hundreds are inside', () => {
  const step = fc.record({ after: fc.constantFrom(30, 30, 30, 500, 2), restart: fc.nat(400), end: fc.option(fc.nat(400), { freq: 3, nil: undefined }), pass: fc.nat(2) });
  fc.assert(fc.property(fc.array(step, { minLength: 300, maxLength: 900, size: 'max' }), (steps) => {
    const heap = new DueHeap<Item>();
    let kept: Item[] = [];
    let now = 0;
    for (const { after, restart, end, pass } of steps) {
      const again = kept[restart];
      const item = again ?? { at: 0, order: 0, place: -1 };
      expect(heap.remove(item)).toBe(again !== undefined);
      kept = kept.filter((each) => each !== item);
      item.at = now + after;
      heap.add(item);
      kept.push(item);
      const ended = end === undefined ? undefined : kept[end];
      if (ended !== undefined) {
        expect(heap.remove(ended)).toBe(true);
        kept = kept.filter((each) => each !== ended);
      }
      now += pass;
      for (let due = heap.shift(now); due !== undefined; due = heap.shift(now)) {
        expect(due).toBe(first(kept));
        kept = kept.filter((each) => each !== due);
      }
      expect([heap.length, heap.peek()]).toEqual([kept.length, first(kept)]);
    }
  }), { numRuns: 20 });
});

function first(items: readonly Item[]): Item | undefined {
  return items.toSorted((one, other) => one.at - other.at || one.order - other.order)[0];
}
