import { TlsError } from '../errors.ts';
import { certificateFacts } from './certificate-facts.ts';
import { fetchOcsp, responderError } from './ocsp-fetch.ts';
import { ocspRequest } from './ocsp-request.ts';
import { whyOf } from './revocation-error.ts';
import { refreshDelay, retryDelay } from './staple-schedule.ts';
import type { HeldStaple, OcspFeed, StapleTask } from './staple-subject.ts';
import { closedFeed, isCurrent, verified } from './staple-subject.ts';

/** Keeps the response of a responder: fetches it now, refreshes it at half of its life, and tries again after failures. */
export class FetchedFeed implements OcspFeed {
  #state: 'fetching' | 'waiting' | 'closed' = 'fetching';
  #held: HeldStaple | undefined;
  #fault: TlsError | undefined;
  #failures = 0;
  #askedAt = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #attempt: Promise<void>;
  readonly #abort = new AbortController();
  readonly #task: StapleTask;
  readonly #url: URL;
  readonly #timeoutMs: number;

  constructor(task: StapleTask, url: URL, timeoutMs: number) {
    this.#task = task;
    this.#url = url;
    this.#timeoutMs = timeoutMs;
    this.#attempt = this.#fetch();
  }

  current(): Uint8Array | undefined {
    if (isCurrent(this.#held)) return this.#held.der;
    // A machine that slept wakes up with a response that ran out and a timer that is late.
    if (this.#held !== undefined && this.#state === 'waiting' && this.#failures === 0 && Date.now() >= this.#askedAt + this.#task.minInterval) this.#again();
    this.#held = undefined;
    return undefined;
  }

  async ready(): Promise<void> {
    await this.#attempt;
    if (this.#state === 'closed') throw closedFeed();
    if (this.current() === undefined) throw this.#fault ?? responderError(this.#url, 'has not been asked again since its last response ran out', 'unreachable');
  }

  close(): void {
    this.#state = 'closed';
    this.#held = undefined;
    clearTimeout(this.#timer);
    this.#abort.abort();
  }

  #again(): void {
    clearTimeout(this.#timer);
    this.#state = 'fetching';
    this.#attempt = this.#fetch();
  }

  async #fetch(): Promise<void> {
    const { minInterval, onUpdate } = this.#task;
    this.#askedAt = Date.now();
    try {
      const held = verified(this.#task, await this.#ask(), `of ${this.#url.origin}`);
      if (this.#isClosed()) return;
      this.#failures = 0;
      this.#fault = undefined;
      this.#held = held;
      onUpdate({ leaf: this.#task.leaf, response: held.der, validUntil: held.validUntil });
      this.#wait(refreshDelay(held, Date.now(), minInterval, Math.random()));
    } catch (error) {
      // Closed: the request was ended on purpose.
      if (this.#isClosed()) return;
      this.#failures += 1;
      this.#fail(error);
      this.#wait(retryDelay(this.#failures, minInterval, Math.random()));
    }
  }

  async #ask(): Promise<Uint8Array> {
    const { leaf, issuer } = this.#task;
    return await fetchOcsp(this.#url, ocspRequest(certificateFacts(leaf), certificateFacts(issuer)), this.#timeoutMs, this.#abort.signal);
  }

  #fail(error: unknown): void {
    this.#fault = error instanceof TlsError ? error : responderError(this.#url, `cannot be asked about this certificate (${whyOf(error)})`, 'protocol', error);
    // An older response that says "good" would now be a lie.
    if (this.#fault.code === 'ERR_SOCK_TLS_REVOKED') this.#held = undefined;
    this.#task.onError(this.#fault);
  }

  #wait(milliseconds: number): void {
    this.#state = 'waiting';
    this.#timer = setTimeout(() => this.#again(), milliseconds);
    this.#timer.unref();
  }

  /** Asked behind an await, where the compiler would still take the state of before. */
  #isClosed(): boolean {
    return this.#state === 'closed';
  }
}
