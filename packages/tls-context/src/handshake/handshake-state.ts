import type { Want } from '@sock/core';

/** Where a handshake stands. `complete` and `error` are final. */
export type HandshakeState = 'not-started' | 'in-progress' | 'want-read' | 'want-write' | 'complete' | 'error';

/** The steps that a handshake is told of; between `want-read` and `want-write` it decides by itself. */
export type HandshakeMove = Exclude<HandshakeState, 'not-started' | 'want-write'>;

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
  #isOurTurn = false;
  #isWriting: () => boolean = () => false;

  get state(): HandshakeState {
    return this.#state === 'want-read' && this.#isWriting() ? 'want-write' : this.#state;
  }

  /** What of the peer it waits for. `none` when it has not begun, is over, or this side is at work: a verification takes its time. */
  get want(): Want {
    if (this.#isOurTurn) return 'none';
    const { state } = this;
    return state === 'want-read' ? 'read' : state === 'want-write' ? 'write' : 'none';
  }

  /** Moves on to `next`; a step back, or any step from a final state, changes nothing. */
  to(next: HandshakeMove): void {
    if (this.#state === 'complete' || this.#state === 'error') return;
    if (RANK[next] >= RANK[this.#state]) this.#state = next;
  }

  /**
   * The peer's turn.
   *
   * @param isWriting - whether bytes of ours still wait for room on the connection
   */
  peersTurn(isWriting: () => boolean = () => false): void {
    this.#isWriting = isWriting;
    this.#isOurTurn = false;
    this.to('want-read');
  }

  /** This side verifies or chooses: the peer is waited for by nobody. */
  ourTurn(): void {
    this.#isOurTurn = true;
  }
}
