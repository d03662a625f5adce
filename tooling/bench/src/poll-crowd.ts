import type { Socket } from '@sock/core';
import { memoryPair } from '@sock/core/memory';
import { createPoll, READABLE } from '@sock/poll';

/**
 * Many pairs of sockets, of which some are watched, spread over all of them. All sides have the same pairs, and the same ones of them become ready, however many
 * are watched: else the caches of the processor, which know few sockets better than many, would be what is measured.
 */
export class PollCrowd {
  readonly #poll = createPoll<Socket>();
  readonly #speakers: readonly Socket[];
  readonly #target = new Uint8Array(16);

  /** @param ready - sockets that become ready in each wait */
  constructor(watched: number, sockets: number, ready: number) {
    const peers = Array.from({ length: sockets }, (_, index) => {
      const [peer, own] = memoryPair();
      if (index % (sockets / watched) === 0) this.#poll.add(own, READABLE);
      return peer;
    });
    this.#speakers = peers.filter((_, index) => index % (sockets / ready) === 0);
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

/** More than caches hold that are a core's own. */
const MUCH = 16 * 1024 * 1024;
const BYTE: Uint8Array = /*#__PURE__*/ new Uint8Array(1);
