import type { Cancel, Duration, Socket, Upgrade } from '@sock/core';
import { isSocketError } from '@sock/core';
import type { LineWriterOptions, Reader, ReaderOptions } from '@sock/core/framing';
import { reader } from '@sock/core/framing';
import type { Clock, Due } from '@sock/core/timing';
import { PoolError } from '../errors.ts';
import { Activity } from './activity.ts';
import type { Backlog } from './backlog.ts';
import type { Connection, ConnectionEnd, ConnectionState, EndReason } from './connection.ts';
import type { Outgoing } from './outgoing.ts';
import { outgoing } from './outgoing.ts';

/** What a member asks of, and tells to, its registry. */
export interface MemberHost<D> {
  readonly clock: Clock;
  readonly reader: ReaderOptions | undefined;
  readonly lines: LineWriterOptions | undefined;
  /** The program's own answer. */
  isBusy(member: Member<D>): boolean;
  idleTimeoutOf(timeout: Duration | undefined): number;
  /** Its state is another one. */
  moved(member: Member<D>, from: ConnectionState): void;
  /** It may have become quiet. */
  changed(member: Member<D>): void;
  /** It is on its way out, and has to be out within the time for that, from now on. */
  closeSoon(member: Member<D>): void;
  /** Its idle time-out is another one. */
  retimed(member: Member<D>): void;
  /** Takes `socket` for the one of this member from now on. */
  replace(member: Member<D>, socket: Socket): void;
}

/** Why the registry closes a connection, before the socket knows. */
export interface Intent {
  readonly reason: EndReason;
  readonly cause: unknown;
}

/** A connection, as its registry sees it. Fields rather than closures, and what few use is made at its first use: there may be very many. */
export class Member<D> implements Connection<D>, Due {
  /** When it has to be looked at next. */
  at: number = Infinity;
  order: number = 0;
  place: number = -1;

  readonly id: number;
  readonly address: string | undefined;
  readonly createdAt: number = Date.now();
  readonly activity: Activity;
  data: D;
  idleTimeoutMs: number;
  /** Broadcasts that wait for it. */
  backlog: Backlog | undefined;
  /** It was destroyed, and has to close now. */
  destroyed: boolean = false;
  /** It has not, once. */
  suspect: boolean = false;
  /** Its handler does not want it closed. */
  kept: boolean = false;
  readonly #host: MemberHost<D>;
  #socket: Socket;
  #state: ConnectionState = 'open';
  #works = 0;
  #intent: Intent | undefined;
  #end: ConnectionEnd | undefined;
  #closed: Promise<ConnectionEnd> | undefined;
  #tellClosed: ((end: ConnectionEnd) => void) | undefined;
  #in: Reader | undefined;
  #out: Outgoing | undefined;

  constructor(host: MemberHost<D>, id: number, socket: Socket, address: string | undefined, data: D, idleTimeoutMs: number) {
    this.#host = host;
    this.#socket = socket;
    this.id = id;
    this.address = address;
    this.data = data;
    this.idleTimeoutMs = idleTimeoutMs;
    this.activity = new Activity(socket, host.clock.now());
  }

  get socket(): Socket {
    return this.#socket;
  }

  get state(): ConnectionState {
    return this.#state;
  }

  /** In the registry, and not on its way out. */
  get live(): boolean {
    return this.#state === 'open' || this.#state === 'draining';
  }

  /** Whether `error` is what its user sees of an end that was begun on this side: by the registry, or by a `close()` or `destroy()` of the program. */
  interruptedBy(error: unknown): boolean {
    if (this.#intent === undefined) return false;
    return (error !== undefined && error === this.#intent.cause) || (isSocketError(error) && error.category === 'closed');
  }

  get lastActivityAt(): number {
    return Date.now() - Math.round(this.idleMs);
  }

  get idleMs(): number {
    const now = this.#host.clock.now();
    return now - this.activity.last(this.#socket, now);
  }

  get busy(): boolean {
    return this.#works > 0 || this.#host.isBusy(this);
  }

  /** Nothing is under way: no work, no byte that waits to be read or written. */
  get quiet(): boolean {
    const { sendQueueBytes, receiveQueueBytes } = this.#socket.stats;
    return !this.busy && sendQueueBytes === 0 && receiveQueueBytes === 0 && (this.#in?.buffered ?? 0) === 0;
  }

  get in(): Reader {
    return (this.#in ??= reader(this.#socket, this.#host.reader));
  }

  get out(): Outgoing {
    return (this.#out ??= outgoing(this.#socket, this.#host.lines));
  }

  get closed(): Promise<ConnectionEnd> {
    return (this.#closed ??= this.#end === undefined ? new Promise((resolve) => (this.#tellClosed = resolve)) : Promise.resolve(this.#end));
  }

  begin(): () => void {
    this.#works += 1;
    let over = false;
    return () => {
      if (over) return;
      over = true;
      this.#works -= 1;
      this.touch();
      this.#host.changed(this);
    };
  }

  touch(): void {
    this.activity.touch(this.#host.clock.now());
  }

  keep(): void {
    this.kept = true;
  }

  setIdleTimeout(timeout: Duration | undefined): void {
    this.idleTimeoutMs = this.#host.idleTimeoutOf(timeout);
    this.#host.retimed(this);
  }

  async upgrade<T>(upgrade: Upgrade<T>, target?: T, options?: Cancel): Promise<Socket> {
    if (!this.live) throw notHere(this);
    const below = this.#socket;
    this.#in?.release();
    this.#in = undefined;
    const end = this.begin();
    try {
      const above = await below.upgrade(upgrade, target as T, options).catch((error: unknown) => {
        // The layer cannot know that it was closed from here, and blames the peer.
        throw this.#intent === undefined ? error : notHere(this, error);
      });
      if (this.live && this.#socket === below) {
        // A layer that only read something may answer with the socket that it was given.
        if (above !== below) this.replace(above);
        return above;
      }
      // Closed or replaced meanwhile: nobody would look after the one above.
      above.destroy();
      throw notHere(this);
    } finally {
      end();
    }
  }

  replace(socket: Socket): void {
    this.#host.replace(this, socket);
    this.#socket = socket;
    this.#in = undefined;
    this.#out = undefined;
    this.backlog?.clear();
    this.activity.follow(socket, this.#host.clock.now());
    this.#host.changed(this);
  }

  async close(options?: Cancel): Promise<void> {
    if (this.#end !== undefined) return;
    this.finish({ reason: 'local', cause: undefined }, options);
    await this.closed;
  }

  destroy(cause?: unknown): void {
    this.abort({ reason: 'local', cause: undefined }, cause);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  /** A drain lets it finish. */
  drain(): void {
    if (this.#state === 'open') this.#move('draining');
  }

  /** Closes it gracefully, in the background. Whoever was first has decided why. */
  finish(intent: Intent, options?: Cancel): void {
    if (!this.live) return;
    this.#intent = intent;
    this.#move('closing');
    void this.#socket.close(options);
  }

  /** Destroys it, also in the middle of a close. */
  abort(intent: Intent, cause: unknown = intent.cause): void {
    if (this.#end !== undefined) return;
    if (this.live || intent.reason === 'forced') this.#intent = intent;
    this.destroyed = true;
    if (this.live) this.#move('closing');
    else this.#host.closeSoon(this);
    this.#socket.destroy(cause);
  }

  /** Its end is known: it is out of the registry. */
  end(state: 'closed' | 'removed', how: ConnectionEnd['how'], cause: unknown, reason?: EndReason): ConnectionEnd {
    const why = cause ?? this.#intent?.cause;
    this.#end = { reason: reason ?? this.#reasonOf(how), how, ...(why === undefined ? {} : { cause: why }) };
    this.#move(state);
    this.#tellClosed?.(this.#end);
    return this.#end;
  }

  /** The program's own close says less than how it went. */
  #reasonOf(how: ConnectionEnd['how']): EndReason {
    const reason = this.#intent?.reason;
    if (reason !== undefined && reason !== 'local') return reason;
    return how === 'end' ? 'peer' : how;
  }

  #move(next: ConnectionState): void {
    const from = this.#state;
    this.#state = next;
    if (!this.live) this.backlog?.clear();
    this.#host.moved(this, from);
  }
}

/** `ERR_SOCK_POOL_CLOSED`: the connection is closing, or out of the registry. */
export function notHere(member: Pick<Connection<never>, 'id' | 'state' | 'socket'>, cause?: unknown): PoolError<'ERR_SOCK_POOL_CLOSED'> {
  return new PoolError('ERR_SOCK_POOL_CLOSED', `connection ${member.id} is ${member.state}: its socket cannot be replaced any more`, 'closed', { phase: 'upgrade', endpoint: member.socket.remote, cause });
}
