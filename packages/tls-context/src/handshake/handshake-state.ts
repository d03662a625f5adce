/** Where a handshake stands. `complete` and `error` are final. */
export type HandshakeState = 'not-started' | 'in-progress' | 'want-read' | 'want-write' | 'complete' | 'error';

const RANK: Readonly<Record<HandshakeState, number>> = {
  'not-started': 0,
  'in-progress': 1,
  'want-read': 2,
  'want-write': 2,
  complete: 3,
  error: 3,
};

/**
 * A handshake's state, which only moves forward: what the connection waits for later in its life is no step back into the
 * handshake.
 */
export class HandshakeProgress {
  #state: HandshakeState = 'not-started';

  get state(): HandshakeState {
    return this.#state;
  }

  /** Moves on to `next`; a step back, or any step from a final state, changes nothing. */
  to(next: HandshakeState): void {
    if (this.#state === 'complete' || this.#state === 'error') return;
    if (RANK[next] >= RANK[this.#state]) this.#state = next;
  }
}
