import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Fifo } from './fifo.ts';

test('it behaves like an array under any sequence of calls', () => {
  const call = fc.oneof(
    { weight: 6, arbitrary: fc.record({ push: fc.integer({ min: 1, max: 400 }) }) },
    { weight: 6, arbitrary: fc.record({ shift: fc.integer({ min: 1, max: 600 }) }) },
    fc.record({ remove: fc.nat() }),
    fc.record({ drain: fc.constant(true) }),
  );
  fc.assert(
    fc.property(fc.array(call, { maxLength: 40 }), (calls) => {
      const fifo = new Fifo<{ id: number }>();
      let model: { id: number }[] = [];
      let next = 0;
      for (const step of calls) {
        if ('push' in step) {
          for (let count = 0; count < step.push; count += 1) {
            const item = { id: (next += 1) };
            fifo.push(item);
            model.push(item);
          }
        } else if ('shift' in step) {
          for (let count = 0; count < step.shift; count += 1) expect(fifo.shift()).toBe(model.shift());
        } else if ('remove' in step) {
          const item = model[step.remove % (model.length + 1)] ?? { id: -1 };
          const index = model.indexOf(item);
          expect(fifo.remove(item)).toBe(index !== -1);
          if (index !== -1) model.splice(index, 1);
        } else {
          expect(fifo.drain()).toEqual(model);
          model = [];
        }
        expect(fifo.length).toBe(model.length);
        expect(fifo.peek()).toBe(model[0]);
      }
    }),
    { numRuns: 60 },
  );
});

test('an item that left is not found again', () => {
  const fifo = new Fifo<string>();
  fifo.push('a');
  fifo.push('b');
  fifo.shift();
  expect(fifo.remove('a')).toBe(false);
  expect(fifo.drain()).toEqual(['b']);
});
