import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Due } from './due-heap.ts';
import { DueHeap } from './due-heap.ts';

interface Item extends Due { readonly name: number }

test('whatever is added, taken out at any place and added again, the rest comes in the order of its time, and of its coming', () => {
  const call = fc.oneof(
    fc.record({ do: fc.constant('add' as const), at: fc.oneof(fc.nat(20), fc.constantFrom(-1, 0.5, Infinity)) }),
    fc.record({ do: fc.constant('remove' as const), index: fc.nat(30) }),
    fc.record({ do: fc.constant('again' as const), index: fc.nat(30), at: fc.nat(20) }),
    fc.record({ do: fc.constant('shift' as const), now: fc.option(fc.nat(20), { nil: undefined }) }),
  );
  fc.assert(fc.property(fc.array(call, { maxLength: 80 }), (calls) => {
    const heap = new DueHeap<Item>();
    const all: Item[] = [];
    // Stands in order of arrival, and toSorted keeps that order among equals.
    let kept: Item[] = [];
    const add = (item: Item): void => {
      heap.add(item);
      kept.push(item);
    };
    const remove = (item: Item): void => {
      expect(heap.remove(item)).toBe(kept.includes(item));
      kept = kept.filter((each) => each !== item);
    };
    for (const each of calls) {
      if (each.do === 'add') {
        add({ at: each.at, order: 0, place: -1, name: all.length });
        all.push(kept.at(-1) as Item);
      } else if (each.do === 'shift') {
        const first = kept.toSorted(inOrder)[0];
        const due = first !== undefined && first.at <= (each.now ?? Infinity) ? first : undefined;
        expect(heap.shift(each.now)).toBe(due);
        kept = kept.filter((item) => item !== due);
      } else {
        const item = all[each.index];
        if (item === undefined) continue;
        remove(item);
        if (each.do === 'remove') continue;
        item.at = each.at;
        add(item);
      }
      expect([heap.length, heap.peek()]).toEqual([kept.length, kept.toSorted(inOrder)[0]]);
      expect(all.filter(({ place }) => place !== -1)).toHaveLength(kept.length);
    }
    const rest = Array.from(kept, () => heap.shift());
    expect(rest).toEqual(kept.toSorted(inOrder));
    expect([heap.length, heap.peek(), heap.shift()]).toEqual([0, undefined, undefined]);
  }));
});

test('what stands in another heap is not inside this one, and stays there', () => {
  const [here, there] = [new DueHeap<Item>(), new DueHeap<Item>()];
  const [mine, other] = [{ at: 1, order: 0, place: -1, name: 0 }, { at: 1, order: 0, place: -1, name: 1 }];
  here.add(mine);
  there.add(other);
  expect(here.remove(other)).toBe(false);
  expect([here.peek(), there.peek()]).toEqual([mine, other]);
  expect(there.remove(other)).toBe(true);
});

function inOrder(one: Item, other: Item): number {
  return one.at === other.at ? 0 : one.at - other.at;
}
