import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { HandshakeMove, HandshakeState } from './handshake-state.ts';
import { HandshakeProgress } from './handshake-state.ts';

const MOVES: readonly HandshakeMove[] = ['in-progress', 'want-read', 'complete', 'error'];
const stage = (state: HandshakeState): number => ({ 'not-started': 0, 'in-progress': 1, 'want-read': 2, 'want-write': 2, complete: 3, error: 3 })[state];

test('a handshake never goes back, whatever the engine wants later', () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.constantFrom(...MOVES), fc.boolean(), fc.boolean()), { maxLength: 30 }), (moves) => {
      let writes = false;
      const progress = new HandshakeProgress();
      for (const [move, isWriting, ours] of moves) {
        const before = progress.state;
        writes = isWriting;
        if (move === 'want-read') progress.peersTurn(() => writes);
        else progress.to(move);
        if (ours) progress.ourTurn();
        expect(stage(progress.state)).toBeGreaterThanOrEqual(stage(before));
        if (before === 'complete' || before === 'error') expect(progress.state).toBe(before);
        else if (stage(move) > stage(before)) expect(stage(progress.state)).toBe(stage(move));
        if (stage(progress.state) !== 2) expect(progress.want).toBe('none');
      }
    }),
  );
});

test('while bytes of ours find no room it wants to write, and to read once they have left', () => {
  let writes = true;
  const progress = new HandshakeProgress();
  expect([progress.state, progress.want]).toEqual(['not-started', 'none']);
  progress.peersTurn(() => writes);
  expect([progress.state, progress.want]).toEqual(['want-write', 'write']);
  writes = false;
  expect([progress.state, progress.want]).toEqual(['want-read', 'read']);
});

test('while this side verifies, it wants nothing of the peer', () => {
  const progress = new HandshakeProgress();
  progress.peersTurn();
  progress.ourTurn();
  expect([progress.state, progress.want]).toEqual(['want-read', 'none']);
});

test('a complete handshake stays complete when the connection waits for bytes', () => {
  const progress = new HandshakeProgress();
  for (const move of ['in-progress', 'want-read', 'complete', 'want-read', 'in-progress', 'error'] as const) progress.to(move);
  progress.peersTurn(() => true);
  expect([progress.state, progress.want]).toEqual(['complete', 'none']);
});
