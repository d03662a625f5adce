import { LAST_MESSAGE } from './work.ts';

/** What a sink answers when it has a whole run. */
export const ACK: Uint8Array = /*#__PURE__*/ Uint8Array.of(6);

const HEADER = 8;

/** What a client sends before a run: how many bytes come. */
export function encodeRun(bytes: number): Uint8Array {
  const header = new Uint8Array(HEADER);
  new DataView(header.buffer).setBigUint64(0, BigInt(bytes));
  return header;
}

/** Counts the messages that a reader gets, run after run, each of which ends with {@link LAST_MESSAGE}. */
export class MessageCount {
  #messages = 0;

  /** Takes a message's length; what to answer when the run is complete with it. */
  take(length: number): Uint8Array | undefined {
    if (length !== LAST_MESSAGE.length) {
      this.#messages += 1;
      return undefined;
    }
    const answer = new TextEncoder().encode(String(this.#messages));
    this.#messages = 0;
    return answer;
  }
}

/** Counts what a sink gets, run after run. A client begins the next one when this one was acknowledged. */
export class RunCount {
  readonly #header = new Uint8Array(HEADER);
  #headerBytes = 0;
  #missing = 0;

  /** Takes a chunk; true when the run is complete with it. */
  isOver(chunk: Uint8Array): boolean {
    let length = chunk.length;
    if (this.#headerBytes < HEADER) {
      const part = chunk.subarray(0, HEADER - this.#headerBytes);
      this.#header.set(part, this.#headerBytes);
      this.#headerBytes += part.length;
      if (this.#headerBytes < HEADER) return false;
      this.#missing = Number(new DataView(this.#header.buffer).getBigUint64(0));
      length -= part.length;
    }
    this.#missing -= length;
    if (this.#missing > 0) return false;
    this.#headerBytes = 0;
    return true;
  }
}
