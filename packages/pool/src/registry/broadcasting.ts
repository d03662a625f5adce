import { parseDuration } from '@sock/config';
import type { Clock } from '@sock/core/timing';
import { PoolError } from '../errors.ts';
import type { Waiting } from './backlog.ts';
import { Backlog, Message, offer } from './backlog.ts';
import type { BroadcastOptions, BroadcastResult } from './broadcast.ts';
import { Member } from './member.ts';
import type { Members } from './members.ts';

type Outcome = keyof BroadcastResult<unknown>;

/** What a broadcast needs of its registry. */
export interface BroadcastHost<D> {
  readonly clock: Clock;
  readonly members: Members<D>;
  readonly waitMs: number;
  /** Broadcasts that may wait for one peer. */
  readonly maxWaiting: number;
}

/** One message to many: everybody who has room gets it within this call, and slow peers as the options say. */
export class Broadcasting<D> {
  readonly #host: BroadcastHost<D>;
  readonly #message: Message;
  readonly #slow: 'wait' | 'skip' | 'drop';
  readonly #graceMs: number;
  readonly #result: Record<Outcome, Member<D>[]> = { sent: [], skipped: [], dropped: [], gone: [] };
  readonly #waiting = new Map<Member<D>, Waiting>();
  #allSettled: (() => void) | undefined;

  /** @throws `ERR_SOCK_POOL_ARGUMENT`, `ERR_SOCK_CONFIG` for a time that is none */
  constructor(host: BroadcastHost<D>, bytes: Uint8Array, options: BroadcastOptions<D>) {
    check(bytes, options);
    const { slow = 'skip', timeout } = options;
    this.#host = host;
    this.#message = new Message(bytes);
    this.#slow = slow;
    this.#graceMs = timeout === undefined ? (slow === 'wait' ? host.waitMs : 0) : parseDuration(timeout);
  }

  async run({ except, filter, signal }: BroadcastOptions<D>): Promise<BroadcastResult<D>> {
    if (signal?.aborted === true) throw new PoolError('ERR_SOCK_POOL_CLOSED', 'the signal of this broadcast had fired: nothing was sent', 'aborted', { phase: 'send', cause: signal.reason });
    const left = exceptions(except);
    // The filter is the program's and may do anything: all are asked before anybody gets anything, so that one that throws has sent nothing.
    const targets = [...this.#host.members].filter((member) => member.live && !left.has(member) && (filter === undefined || filter(member)));
    for (const member of targets) this.#give(member);
    await this.#settled(signal);
    return this.#result;
  }

  #give(member: Member<D>): void {
    // Sending to one may have ended another.
    if (!member.live) return void this.#result.gone.push(member);
    // Behind those that wait already.
    const outcome = member.backlog === undefined ? offer(member.socket, this.#message) : 'slow';
    if (outcome !== 'slow') return void this.#result[outcome].push(member);
    if (this.#graceMs > 0 && (member.backlog?.length ?? 0) < this.#host.maxWaiting) this.#wait(member);
    else this.#giveUp(member);
  }

  #wait(member: Member<D>): void {
    this.#message.keep();
    const waiting: Waiting = { message: this.#message, settle: (outcome) => this.#settle(member, outcome) };
    this.#waiting.set(member, waiting);
    member.backlog ??= new Backlog(member.socket, () => (member.backlog = undefined));
    member.backlog.push(waiting);
  }

  #settle(member: Member<D>, outcome: Outcome): void {
    this.#waiting.delete(member);
    this.#result[outcome].push(member);
    if (this.#waiting.size === 0) this.#allSettled?.();
  }

  #giveUp(member: Member<D>): void {
    if (this.#slow !== 'drop') return void this.#result.skipped.push(member);
    this.#result.dropped.push(member);
    const { sendQueueBytes } = member.socket.stats;
    const message = `the peer does not take its bytes: ${sendQueueBytes} wait to be written, and a broadcast found no room`;
    member.abort({ reason: 'slow', cause: new PoolError('ERR_SOCK_POOL_FULL', message, 'limit', { phase: 'send', endpoint: member.socket.remote }) });
  }

  /** Resolves when nobody is waited for any more. */
  #settled(signal: AbortSignal | undefined): Promise<void> | undefined {
    if (this.#waiting.size === 0) return undefined;
    return new Promise((resolve) => {
      const timeUp = (): void => {
        for (const [member, waiting] of this.#waiting) {
          // One that is dropped may take others along.
          if (!this.#waiting.delete(member)) continue;
          member.backlog?.remove(waiting);
          this.#giveUp(member);
        }
        this.#allSettled?.();
      };
      const cancel = this.#host.clock.after(this.#graceMs, timeUp);
      signal?.addEventListener('abort', timeUp);
      this.#allSettled = () => {
        cancel();
        signal?.removeEventListener('abort', timeUp);
        resolve();
      };
    });
  }
}

const NAMES: ReadonlySet<string> = /*#__PURE__*/ new Set(['except', 'filter', 'slow', 'timeout', 'signal']);

function check(bytes: unknown, options: Omit<BroadcastOptions<never>, 'except' | 'filter'> & { readonly except?: unknown; readonly filter?: unknown }): void {
  if (Object.prototype.toString.call(bytes) !== '[object Uint8Array]') throw wrong('bytes', 'are none: give a Uint8Array');
  if (typeof options !== 'object' || (options as unknown) === null) throw wrong('options', 'take an object');
  for (const name of Object.keys(options)) if (!NAMES.has(name)) throw wrong(name, `is no option; there are ${[...NAMES].join(', ')}`);
  const { slow = 'skip', except, filter, timeout, signal } = options;
  // A socket, for one, would except nobody.
  if (except !== undefined && !(except instanceof Member) && !isList(except)) throw wrong('except', 'takes a connection, or several');
  if (slow !== 'wait' && slow !== 'skip' && slow !== 'drop') throw wrong('slow', `got ${JSON.stringify(slow)}: it takes "wait", "skip" or "drop"`);
  if (slow === 'skip' && timeout !== undefined) throw wrong('timeout', 'has no effect with slow: "skip"; "wait" skips after the time');
  if (filter !== undefined && typeof filter !== 'function') throw wrong('filter', 'takes a function');
  if (signal !== undefined && typeof (signal as Partial<AbortSignal> | null)?.addEventListener !== 'function') throw wrong('signal', 'takes an AbortSignal');
}

function isList(value: unknown): boolean {
  return typeof value === 'object' && value !== null && Symbol.iterator in value;
}

function wrong(name: string, why: string): PoolError<'ERR_SOCK_POOL_ARGUMENT'> {
  return new PoolError('ERR_SOCK_POOL_ARGUMENT', `broadcast() ${name} ${why}`, 'usage', { phase: 'send' });
}

function exceptions<D>(except: BroadcastOptions<D>['except']): ReadonlySet<unknown> {
  if (except === undefined) return new Set();
  return Symbol.iterator in except ? new Set(except) : new Set([except]);
}
