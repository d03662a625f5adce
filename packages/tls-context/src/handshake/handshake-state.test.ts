import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { HandshakeState } from './handshake-state.ts';
import { HandshakeProgress } from './handshake-state.ts';

const STATES: readonly HandshakeState[] = ['not-started', 'in-progress', 'want-read', 'want-write', 'complete', 'error'];
const stage = (state: HandshakeState): number => [0, 1, 2, 2, 3, 3][STATES.indexOf(state)] as number;

test('a handshake never goes back, whatever the engine wants later', () => {
  fc.assert(
    fc.property(fc.array(fc.constantFrom(...STATES), { maxLength: 30 }), (moves) => {
      const progress = new HandshakeProgress();
      for (const move of moves) {
        const before = progress.state;
        progress.to(move);
        expect(stage(progress.state)).toBeGreaterThanOrEqual(stage(before));
        if (before === 'complete' || before === 'error') expect(progress.state).toBe(before);
        else if (stage(move) >= stage(before)) expect(progress.state).toBe(move);
      }
    }),
  );
});

test('a complete handshake stays complete when the connection waits for bytes', () => {
  const progress = new HandshakeProgress();
  for (const move of ['in-progress', 'want-write', 'want-read', 'complete', 'want-read', 'want-write', 'in-progress'] as const) progress.to(move);
  expect(progress.state).toBe('complete');
});
