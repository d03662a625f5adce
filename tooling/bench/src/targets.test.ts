import { expect, it } from 'vitest';
import { FIGURES } from './figures.ts';
import { TARGETS } from './targets.ts';

it.each(TARGETS.flatMap(({ targets }) => targets).map((target) => [target.figure, target] as const))('a target of %s is one of something that is measured', (name, { metric, over, atLeast, atMost }) => {
  const figure = FIGURES.find((one) => one.name === name);
  expect(figure?.metrics).toContain(metric);
  expect(figure?.sides.slice(1)).toEqual(over === undefined ? [] : expect.arrayContaining([over]));
  expect([atLeast, atMost].filter((bound) => bound !== undefined).length).toBe(1);
});

it('a row without targets says why', () => {
  for (const { name, targets, missing } of TARGETS) expect(targets.length > 0 || missing !== undefined, name).toBe(true);
});

it('names of figures are their own, and each side has what it needs', () => {
  expect(new Set(FIGURES.map(({ name }) => name)).size).toBe(FIGURES.length);
  for (const figure of FIGURES) {
    if (figure.kind === 'poll') expect(Object.keys(figure.watched)).toEqual(figure.sides);
    if (figure.kind === 'import') expect(Object.keys(figure.modules)).toEqual(figure.sides);
  }
});
