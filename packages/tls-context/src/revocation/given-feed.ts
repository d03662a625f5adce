import { closeSync, fstatSync, openSync, readFileSync } from 'node:fs';
import { TlsError } from '../errors.ts';
import { MAX_RESPONSE_BYTES } from './ocsp-response.ts';
import { refused, whyOf } from './revocation-error.ts';
import type { HeldStaple, OcspFeed, StapleTask } from './staple-subject.ts';
import { closedFeed, isCurrent, verified } from './staple-subject.ts';

/** An OCSP response that somebody else fetches: DER bytes, or a file that is read again when it changes. */
export type GivenResponse = Uint8Array | { readonly file: string };

/** How often at most a file is looked at when there is no response that is good. */
const STALE_LOOK_MS = 1000;

/** Staples a response that is given. There is no timer: whoever asks for it causes the look at its file. */
export class GivenFeed implements OcspFeed {
  #closed = false;
  #held: HeldStaple | undefined;
  #fault: TlsError | undefined;
  #stamp = '';
  #lookedAt = -Infinity;
  readonly #task: StapleTask;
  readonly #source: GivenResponse;

  constructor(task: StapleTask, source: GivenResponse) {
    this.#task = task;
    this.#source = source;
    this.#look();
  }

  current(): Uint8Array | undefined {
    if (this.#closed) return undefined;
    this.#look();
    return isCurrent(this.#held) ? this.#held.der : undefined;
  }

  async ready(): Promise<void> {
    if (this.#closed) throw closedFeed();
    if (this.current() === undefined) throw this.#fault ?? refused('ERR_SOCK_TLS_STAPLE_STALE', 'the OCSP response that was given has just run out', undefined);
  }

  close(): void {
    this.#closed = true;
    this.#held = undefined;
  }

  #look(): void {
    const { minInterval } = this.#task;
    const good = isCurrent(this.#held);
    if (performance.now() - this.#lookedAt < (good ? minInterval : Math.min(minInterval, STALE_LOOK_MS))) return;
    this.#lookedAt = performance.now();
    try {
      const { der, stamp, from } = readResponse(this.#source);
      if (stamp === this.#stamp && good) return;
      this.#stamp = stamp;
      const held = verified(this.#task, der, from);
      if (this.#held?.der.length !== der.length || Buffer.compare(this.#held.der, der) !== 0) this.#task.onUpdate({ leaf: this.#task.leaf, response: der, validUntil: held.validUntil });
      this.#held = held;
      this.#fault = undefined;
    } catch (error) {
      this.#fail(error);
    }
  }

  #fail(error: unknown): void {
    const fault = error instanceof TlsError ? error : refused('ERR_SOCK_TLS_RESPONDER', `no OCSP response can be read: ${whyOf(error)}`, undefined, error);
    if (fault.code === 'ERR_SOCK_TLS_REVOKED') this.#held = undefined;
    const told = this.#fault?.message;
    this.#fault = fault;
    // The same fault at every look would fill a log.
    if (told !== fault.message) this.#task.onError(fault);
  }
}

/**
 * Reads a given response; its file may have 64 KiB.
 *
 * @throws `ERR_SOCK_TLS_RESPONDER` when the file cannot be read
 */
export function readResponse(source: GivenResponse): { der: Uint8Array; stamp: string; from: string } {
  if (source instanceof Uint8Array) return { der: source, stamp: 'given', from: 'that was given' };
  let descriptor: number | undefined;
  try {
    descriptor = openSync(source.file, 'r');
    const stats = fstatSync(descriptor, { bigint: true });
    if (!stats.isFile()) throw new Error('it is no file');
    if (stats.size > MAX_RESPONSE_BYTES) throw new Error(`it has ${stats.size} bytes; at most ${MAX_RESPONSE_BYTES} are read`);
    return { der: readFileSync(descriptor), stamp: `${stats.dev}:${stats.ino}:${stats.mtimeNs}:${stats.size}`, from: `in ${source.file}` };
  } catch (error) {
    throw refused('ERR_SOCK_TLS_RESPONDER', `the OCSP response in ${source.file} cannot be read (${whyOf(error)})`, undefined, error);
  } finally {
    if (descriptor !== undefined) closeSync(descriptor);
  }
}
