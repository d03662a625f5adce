import fc from 'fast-check';
import { expect, it } from 'vitest';
import { nearestName } from './nearest-name.ts';

const known = ['minVersion', 'maxVersion', 'host', 'port'];

it.each([
  ['minVerson', 'minVersion'],
  ['MINVERSION', 'minVersion'],
  ['maxVersoin', 'maxVersion'],
  ['hots', 'host'],
  ['prt', 'port'],
])('%s is nearest to %s', (typed, meant) => {
  expect(nearestName(typed, known)).toBe(meant);
});

it('a name that resembles nothing has no nearest one', () => {
  expect(nearestName('certificate', known)).toBeUndefined();
  expect(nearestName('host', [])).toBeUndefined();
});

it('a name too long to be meant has no nearest one, so that a hostile file cannot cost time', () => {
  expect(nearestName('h'.repeat(80), ['h'.repeat(79)])).toBe('h'.repeat(79));
  expect(nearestName('h'.repeat(81), ['h'.repeat(80)])).toBeUndefined();
});

it('one mistake never hides the name that was meant', () => {
  const names = ['connectTimeout', 'handshakeTimeout', 'sendQueue', 'receiveQueue'];
  fc.assert(
    fc.property(fc.constantFrom(...names), fc.nat(20), (name, at) => {
      const position = at % name.length;
      expect(nearestName(name.slice(0, position) + name.slice(position + 1), names)).toBe(name);
    }),
  );
});
