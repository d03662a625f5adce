import type { Duration } from '@sock/config';
import { checkNames, parseDuration, wrongOption } from '@sock/config';
import type { Cancel, CloseReason, Socket } from '@sock/core';
import { formatEndpoint } from '@sock/core';
import { addressKey } from '@sock/core/admission';
import type { LineWriterOptions, ReaderOptions } from '@sock/core/framing';
import type { Clock } from '@sock/core/timing';
import { systemClock, TimerQueue } from '@sock/core/timing';
import type { PoolErrorCode } from '../errors.ts';
import { callHook } from '../hook.ts';
import { PoolError } from '../errors.ts';
import type { BroadcastOptions, BroadcastResult } from './broadcast.ts';
import { Broadcasting } from './broadcasting.ts';
import type { Connection, ConnectionState } from './connection.ts';
import type { DrainLimit, DrainOptions, DrainReport } from './drain.ts';
import { Drain, drainLimit } from './drain.ts';
import type { MemberHost } from './member.ts';
import { Member, notHere } from './member.ts';
import type { ConnectionKey } from './members.ts';
import { Members } from './members.ts';
import type { AddArguments, Registry, RegistryOptions } from './registry.ts';
import type { RegistryLimits } from './registry-section.ts';
import { registrySection } from './registry-section.ts';
import type { RefusalReason, RegistryStats } from './tally.ts';
import { Tally } from './tally.ts';

/**
 * Time for a destroyed socket to tell that it has closed; twice, for after a long turn of the event loop a timer may come before the close that was due
 * long ago. One that does not tell is not the connection's any more.
 */
const LOST_AFTER_MS = 1000;

/** The one place where connections come, change and leave. */
export class ConnectionRegistry<D> implements Registry<D>, MemberHost<D> {
  readonly closed: Promise<CloseReason>;
  readonly clock: Clock;
  readonly reader: ReaderOptions | undefined;
  readonly lines: LineWriterOptions | undefined;
  readonly members: Members<D> = new Members<D>();
  readonly #limits: RegistryLimits;
  readonly #busy: RegistryOptions<D>['busy'];
  readonly #onEnd: RegistryOptions<D>['onEnd'];
  /** When each connection has to be looked at next. */
  readonly #expiry: TimerQueue<Member<D>>;
  readonly #tally = new Tally();
  /** Of all connections, and of servers that share this registry. */
  readonly #drains = new Set<Drain<D>>();
  #drain: Drain<D> | undefined;
  #state: 'running' | 'draining' | 'stopped' = 'running';
  #closeCause: unknown;
  #tellClosed!: (reason: CloseReason) => void;

  constructor(options: RegistryOptions<D> = {}) {
    if (typeof options !== 'object' || (options as unknown) === null) throw argument('createRegistry() takes an object of options');
    const { busy, onEnd, reader, lines, clock = systemClock, ...limits } = options;
    this.#limits = registrySection.resolve(limits, 'createRegistry()');
    for (const [name, value] of Object.entries({ busy, onEnd })) {
      if (value !== undefined && typeof value !== 'function') throw argument(`createRegistry() ${name} takes a function, and got ${typeof value}`);
    }
    if (typeof (clock as Partial<Clock> | null)?.after !== 'function' || typeof clock.now !== 'function') throw argument('createRegistry() clock takes an object with now() and after()');
    this.#busy = busy;
    this.#onEnd = onEnd;
    this.reader = reader;
    this.lines = lines;
    this.clock = clock;
    this.#expiry = new TimerQueue(clock, (member, now) => this.#look(member, now), { unref: true });
    this.closed = new Promise((resolve) => {
      this.#tellClosed = resolve;
    });
  }

  get state(): 'running' | 'draining' | 'stopped' {
    return this.#state;
  }

  get size(): number {
    return this.members.size;
  }

  add(socket: Socket, ...[data, options]: AddArguments<D>): Connection<D> {
    checkNames('add', options, ['idleTimeout']);
    const address = this.#admit(socket);
    const member = new Member<D>(this, this.members.nextId(), socket, address, data as D, this.idleTimeoutOf(options?.idleTimeout));
    this.members.add(member);
    this.#tally.added += 1;
    this.#tally.peak = Math.max(this.#tally.peak, this.size);
    this.#follow(member, socket);
    this.changed(member);
    return member;
  }

  get(key: ConnectionKey<D>): Connection<D> | undefined {
    return this.members.find(key);
  }

  has(key: ConnectionKey<D>): boolean {
    return this.members.find(key) !== undefined;
  }

  remove(key: ConnectionKey<D>): Socket | undefined {
    const member = this.members.find(key);
    if (member === undefined) return undefined;
    this.#leave(member, 'removed', { how: 'local' });
    return member.socket;
  }

  [Symbol.iterator](): IterableIterator<Connection<D>> {
    return this.members[Symbol.iterator]();
  }

  async broadcast(bytes: Uint8Array, options: BroadcastOptions<D> = {}): Promise<BroadcastResult<D>> {
    const { broadcastTimeout: waitMs, maxWaitingBroadcasts: maxWaiting } = this.#limits;
    const result = await new Broadcasting({ clock: this.clock, members: this.members, waitMs, maxWaiting }, bytes, options).run(options);
    const { broadcasts } = this.#tally;
    broadcasts.calls += 1;
    for (const outcome of ['sent', 'skipped', 'dropped', 'gone'] as const) broadcasts[outcome] += result[outcome].length;
    return result;
  }

  stats(): RegistryStats {
    return { state: this.#state, open: this.size, addresses: this.members.perAddress.size, ...this.#tally.snapshot() };
  }

  addresses(): ReadonlyMap<string, number> {
    return new Map(this.members.perAddress);
  }

  async drain(options: DrainOptions = {}): Promise<DrainReport<D>> {
    const limit = this.limitOf(options);
    return await this.#stopped().within(limit);
  }

  async close(options?: Cancel): Promise<void> {
    await this.drain(options);
  }

  destroy(cause?: unknown): void {
    this.#closeCause ??= cause;
    this.#stopped().force(cause);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  /** What the options of a drain say. @throws `ERR_SOCK_CONFIG`, `ERR_SOCK_POOL_ARGUMENT` */
  limitOf(options: DrainOptions): DrainLimit {
    return drainLimit(options, this.#limits.drainTimeout);
  }

  /** A drain of some connections, for a server that shares this registry. Nobody may be added to `members` any more. */
  drainOf(members: Iterable<Member<D>>): Drain<D> {
    const drain = new Drain(this.clock, members);
    this.#drains.add(drain);
    void drain.done.then(() => this.#drains.delete(drain));
    drain.start();
    return drain;
  }

  isBusy(member: Member<D>): boolean {
    try {
      return this.#busy?.(member) === true;
    } catch {
      // The program does not know: what may be at work is not cut off. A drain ends it all the same when the time is up.
      return true;
    }
  }

  idleTimeoutOf(timeout: Duration | undefined): number {
    if (timeout === undefined) return this.#limits.idleTimeout ?? Infinity;
    if (timeout === Infinity) return Infinity;
    const milliseconds = parseDuration(timeout);
    if (milliseconds < 1) throw wrongOption('connection', 'idleTimeout', timeout, '1 ms or more; Infinity for none');
    return milliseconds;
  }

  moved(member: Member<D>, from: ConnectionState): void {
    if (from === 'closing') this.#tally.closing -= 1;
    if (member.state === 'closing') this.#tally.closing += 1;
    if (member.live) this.changed(member);
    else if (member.state === 'closing') this.closeSoon(member);
    else this.#expiry.remove(member);
  }

  changed(member: Member<D>): void {
    for (const drain of this.#drains) drain.check(member);
    // Set already, it is looked at early enough: activity moves its time back alone. A drain may have closed it.
    if (member.live && member.place === -1) this.retimed(member);
  }

  closeSoon(member: Member<D>): void {
    this.#expiry.move(member, this.clock.now() + (member.destroyed ? LOST_AFTER_MS : this.#limits.closeTimeout));
  }

  retimed(member: Member<D>): void {
    const { idleTimeoutMs, socket } = member;
    if (!member.live) return;
    this.#expiry.move(member, member.activity.last(socket, this.clock.now()) + idleTimeoutMs);
  }

  replace(member: Member<D>, socket: Socket): void {
    if (!member.live) throw notHere(member);
    this.#check(socket);
    this.members.replace(member, socket);
    this.#follow(member, socket);
  }

  /** What a socket is counted under. @throws when it may not come in */
  #admit(socket: Socket): string | undefined {
    const { maxConnections, maxPerAddress = Infinity, ipv6PrefixBits } = this.#limits;
    if (this.#state !== 'running') throw this.#refusal('closed', 'ERR_SOCK_POOL_CLOSED', `the registry is ${this.#state}: it takes no connection any more`, socket);
    this.#check(socket);
    const { size } = this;
    if (size >= maxConnections) throw this.#refusal('maxConnections', 'ERR_SOCK_POOL_FULL', `${size} connections are open (maxConnections)`, socket);
    const address = addressKey(socket.remote, ipv6PrefixBits);
    const count = address === undefined ? 0 : this.members.countOf(address);
    if (count >= maxPerAddress) throw this.#refusal('maxPerAddress', 'ERR_SOCK_POOL_FULL', `${address} has ${count} connections open (maxPerAddress)`, socket);
    return address;
  }

  #check(socket: Socket): void {
    const { trySend, closed } = (socket ?? {}) as Partial<Socket>;
    if (typeof trySend !== 'function' || closed === undefined) throw argument('a registry takes a Socket, and was given something else');
    const known = this.members.find(socket);
    if (known !== undefined) throw this.#refusal('duplicate', 'ERR_SOCK_POOL_DUPLICATE', `this socket is connection ${known.id} already`, socket);
  }

  #refusal(reason: RefusalReason, code: PoolErrorCode, why: string, { remote }: Socket): PoolError {
    this.#tally.refused[reason] += 1;
    const from = remote === undefined ? '' : ` from ${formatEndpoint(remote)}`;
    const category = code === 'ERR_SOCK_POOL_FULL' ? 'limit' : code === 'ERR_SOCK_POOL_CLOSED' ? 'closed' : 'usage';
    return new PoolError(code, `the connection${from} was refused: ${why}`, category, { phase: 'accept', endpoint: remote, retryable: category === 'limit' });
  }

  /** Its place is given back by the close of its socket, whoever closes it; that of one which was replaced says nothing any more. */
  #follow(member: Member<D>, socket: Socket): void {
    void socket.closed.then((reason) => {
      if (member.socket === socket) this.#leave(member, 'closed', reason);
    });
  }

  #leave(member: Member<D>, state: 'closed' | 'removed', { how, cause }: CloseReason, reason?: 'lost'): void {
    if (!this.members.delete(member)) return;
    const end = member.end(state, how, cause, state === 'removed' ? 'removed' : reason);
    this.#tally.removed[end.reason] += 1;
    callHook(() => this.#onEnd?.(member, end));
    for (const drain of this.#drains) drain.delete(member);
  }

  /** A connection is due: for being idle, or because its close takes too long. */
  #look(member: Member<D>, now: number): void {
    if (member.state === 'closing') return this.#overdue(member);
    const { socket, idleTimeoutMs, busy } = member;
    // The program's own answer may have closed it, or given it up.
    if (!member.live) return;
    if (busy) return this.#expiry.move(member, now + idleTimeoutMs);
    const last = member.activity.last(socket, now);
    // What is set is what was compared: rounded in another way it could be due now again, and again, within the same ring.
    const due = last + idleTimeoutMs;
    if (due > now) return this.#expiry.move(member, due);
    const cause = new PoolError('ERR_SOCK_POOL_TIMEOUT', `no byte moved for ${Math.round(now - last)} ms (idleTimeout ${idleTimeoutMs} ms)`, 'timeout', { phase: 'close', endpoint: socket.remote });
    member.finish({ reason: 'idle', cause });
  }

  #overdue(member: Member<D>): void {
    const endpoint = member.socket.remote;
    if (!member.destroyed) {
      const cause = new PoolError('ERR_SOCK_POOL_TIMEOUT', `closing did not finish within ${this.#limits.closeTimeout} ms (closeTimeout)`, 'timeout', { phase: 'close', endpoint });
      return member.abort({ reason: 'local', cause });
    }
    if (!member.suspect) {
      member.suspect = true;
      return this.closeSoon(member);
    }
    const cause = new PoolError('ERR_SOCK_POOL_LOST', 'the socket did not close when it was destroyed: was it handed to a layer without connection.upgrade()?', 'usage', { phase: 'close', endpoint });
    this.#leave(member, 'closed', { how: 'error', cause }, 'lost');
  }

  /** The drain of all, begun at the first call. */
  #stopped(): Drain<D> {
    if (this.#drain !== undefined) return this.#drain;
    this.#state = 'draining';
    const drain = this.drainOf(this.members);
    this.#drain = drain;
    void drain.done.then(() => {
      this.#state = 'stopped';
      this.#tellClosed(this.#closeCause === undefined ? { how: 'local' } : { how: 'error', cause: this.#closeCause });
    });
    return drain;
  }
}

function argument(message: string): PoolError<'ERR_SOCK_POOL_ARGUMENT'> {
  return new PoolError('ERR_SOCK_POOL_ARGUMENT', message, 'usage', { phase: 'config' });
}
