import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import type { Socket } from '@sock/core';
import { memoryPair } from '@sock/core/memory';
import { createPoll, READABLE } from '@sock/poll';

/**
 * Many pairs of sockets, of which some are watched, spread over all of them. All sides have the same pairs, and the same ones of them become ready, however many
 * are watched: else the caches of the processor, which know few sockets better than many, would be what is measured.
 */
export class PollCrowd {
  readonly #poll = createPoll<Socket>();
  /** Kept, so that every socket is held in the same way, watched or not. */
  readonly pairs: readonly (readonly [Socket, Socket])[];
  readonly #speakers: readonly Socket[];
  readonly #target = new Uint8Array(16);

  /** @param ready - sockets that become ready in each wait */
  constructor(watched: number, sockets: number, ready: number) {
    const pairs = Array.from({ length: sockets }, () => memoryPair());
    settle();
    for (const [index, [, own]] of pairs.entries()) if (index % (sockets / watched) === 0) this.#poll.add(own, READABLE);
    this.pairs = pairs;
    this.#speakers = pairs.filter((_, index) => index % (sockets / ready) === 0).map(([peer]) => peer);
  }

  /**
   * Microseconds of each of `count` waits alone, without what makes the sockets ready, and reads them.
   *
   * @param cold - something else goes through a lot of memory before each wait, as the work of a program does
   */
  async wait(count: number, cold: boolean): Promise<number[]> {
    const micros: number[] = [];
    const memory = new Uint8Array(cold ? MUCH : 0);
    for (let step = 0; step < count; step += 1) {
      for (const speaker of this.#speakers) speaker.trySend(BYTE);
      // What is sent arrives in a turn of its own.
      await new Promise(setImmediate);
      memory.fill(step);
      const start = performance.now();
      const batch = await this.#poll.wait();
      micros.push((performance.now() - start) * 1000);
      if (batch.length !== this.#speakers.length) throw new Error(`a wait told of ${batch.length} sockets, and ${this.#speakers.length} were ready`);
      for (const { socket } of batch) socket.tryRecv(this.#target);
    }
    return micros;
  }
}

/**
 * Moves all objects to where they stay. Young ones move when garbage is collected, in the order in which they are reached: two hundred that a poll holds
 * would come to lie side by side, and a hundred of twenty thousand far apart, which is no matter of the poll.
 */
function settle(): void {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  collect();
  collect();
}

/** More than caches hold that are a core's own. */
const MUCH = 16 * 1024 * 1024;
const BYTE: Uint8Array = /*#__PURE__*/ new Uint8Array(1);
