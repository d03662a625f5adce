import type { Cancel, CloseReason, Endpoint, Listener, Socket } from '@sock/core';
import { isSocketError } from '@sock/core';
import type { Backoff } from '@sock/core/retry';
import { backoff, isRetryable } from '@sock/core/retry';
import { PoolError } from '../errors.ts';
import { callHook } from '../hook.ts';
import { ConnectionRegistry } from './connection-registry.ts';
import type { DrainOptions, DrainReport } from './drain.ts';
import type { Member } from './member.ts';
import type { AddArguments, Registry, RegistryOptions } from './registry.ts';
import type { Handler, ServeFault, ServeOptions, Server, ServerStats } from './server.ts';

/** Between two accepts, unless the program says otherwise. */
const LONGEST_WAIT_MS = 1000;

/** The accept loop, and who came by it. */
export class RunningServer<D> implements Server<D> {
  readonly closed: Promise<CloseReason>;
  readonly #listener: Listener;
  readonly #handler: Handler<D>;
  readonly #options: ServeOptions<D>;
  readonly #registry: ConnectionRegistry<D>;
  readonly #shared: boolean;
  readonly #backoff: Backoff;
  readonly #members = new Set<Member<D>>();
  readonly #stats = { accepted: 0, refused: 0, acceptErrors: 0, handlerErrors: 0, handling: 0 };
  #state: 'serving' | 'stopping' | 'stopped' = 'serving';
  /** Ends the wait after a failed accept. */
  #wake: (() => void) | undefined;
  #looping = true;
  #tellClosed!: (reason: CloseReason) => void;

  constructor(listener: Listener, handler: Handler<D>, options: ServeOptions<D>) {
    checkArguments(listener, handler, options);
    const { registry, signal } = options;
    this.#listener = listener;
    this.#handler = handler;
    this.#options = options;
    this.#backoff = typeof options.backoff === 'function' ? options.backoff : backoff({ base: '50ms', max: LONGEST_WAIT_MS, ...options.backoff });
    this.#shared = registry instanceof ConnectionRegistry;
    this.#registry = registry instanceof ConnectionRegistry ? registry : new ConnectionRegistry<D>(registry as RegistryOptions<D> | undefined);
    this.closed = new Promise((resolve) => {
      this.#tellClosed = resolve;
    });
    const onAbort = (): void => void this.close().catch((error: unknown) => listener.destroy(error));
    signal?.addEventListener('abort', onAbort);
    void this.closed.then(() => signal?.removeEventListener('abort', onAbort));
    void listener.closed.then(() => this.#stopping());
    void this.#run();
    if (signal?.aborted === true) onAbort();
  }

  get endpoint(): Endpoint {
    return this.#listener.endpoint;
  }

  get state(): 'serving' | 'stopping' | 'stopped' {
    return this.#state;
  }

  get connections(): Registry<D> {
    return this.#registry;
  }

  get stats(): ServerStats {
    return { ...this.#stats, open: this.#members.size };
  }

  async stop(): Promise<void> {
    this.#stopping();
    await this.#listener.close();
  }

  async drain(options: DrainOptions = {}): Promise<DrainReport<D>> {
    const limit = this.#registry.limitOf(options);
    // Side by side: what the listener needs for its close is not taken from the time of the connections, nor added to it.
    const stopped = this.stop();
    // Heard in the end; a listener that cannot close may say so long before.
    stopped.catch(() => {});
    const report = await (this.#shared ? this.#registry.drainOf(this.#members).within(limit) : this.#registry.drain(options));
    await stopped;
    await this.closed;
    return report;
  }

  async close(options?: Cancel): Promise<void> {
    await this.drain(options);
  }

  destroy(cause?: unknown): void {
    this.#stopping();
    this.#listener.destroy(cause);
    if (this.#shared) this.#registry.drainOf(this.#members).force(cause);
    else this.#registry.destroy(cause);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  get #accepting(): boolean {
    return this.#state === 'serving';
  }

  /** Nobody is let in any more. */
  #stopping(): void {
    if (this.#accepting) this.#state = 'stopping';
    this.#wake?.();
  }

  async #run(): Promise<void> {
    for (let [failures, waitMs] = [0, 0]; this.#accepting; ) {
      try {
        this.#take(await this.#listener.accept());
        failures = 0;
      } catch (error) {
        // Closed, by whomever: the end of the loop, and no fault.
        if (!this.#accepting || isSocketError(error, 'ERR_SOCK_CLOSED')) break;
        this.#stats.acceptErrors += 1;
        this.#report(error, { stage: 'accept', connection: undefined });
        if (!isRetryable(error)) {
          this.#listener.destroy(error);
          break;
        }
        failures += 1;
        waitMs = this.#waitMs(failures, failures === 1 ? 0 : waitMs);
        await this.#pause(waitMs);
      }
    }
    this.#stopping();
    this.#looping = false;
    await this.#ifStopped();
  }

  /** One accepted socket; never throws. */
  #take(socket: Socket): void {
    // Accepted just before the stop.
    if (!this.#accepting) return socket.destroy();
    const member = this.#admit(socket);
    if (member === undefined) return;
    this.#stats.accepted += 1;
    this.#members.add(member);
    void member.closed.then(() => {
      this.#members.delete(member);
      void this.#ifStopped();
    });
    void this.#handle(member);
  }

  #admit(socket: Socket): Member<D> | undefined {
    try {
      const data = this.#options.data?.(socket);
      try {
        return this.#registry.add(socket, ...([data] as unknown as AddArguments<D>)) as Member<D>;
      } catch (error) {
        this.#refuse(error as PoolError, socket);
      }
    } catch (error) {
      socket.destroy(error);
      this.#stats.handlerErrors += 1;
      this.#report(error, { stage: 'data', connection: undefined });
    }
    return undefined;
  }

  #refuse(error: PoolError, socket: Socket): void {
    this.#stats.refused += 1;
    socket.destroy(error);
    // It takes nobody any more: to go on would be to destroy everybody who comes.
    if (this.#registry.state !== 'running') void this.stop().catch((cause: unknown) => this.#listener.destroy(cause));
    callHook(() => this.#options.onRefused?.(error, socket));
  }

  /** One connection, to the end of its handler; never rejects. */
  async #handle(member: Member<D>): Promise<void> {
    this.#stats.handling += 1;
    try {
      await this.#handler(member);
      if (!member.kept) void member.close();
    } catch (error) {
      // Whoever closes it has seen to its end: in peace, perhaps, with a farewell that is still on its way.
      if (member.interruptedBy(error)) return;
      member.destroy(error);
      this.#stats.handlerErrors += 1;
      this.#report(error, { stage: 'handler', connection: member });
    } finally {
      this.#stats.handling -= 1;
    }
  }

  #report(error: unknown, fault: ServeFault<D>): void {
    callHook(() => this.#options.onError?.(error, fault));
  }

  /** The wait before the next accept. A backoff of the program that throws, or answers with no time, neither ends the loop nor makes it spin. */
  #waitMs(failures: number, previousMs: number): number {
    try {
      const milliseconds = this.#backoff(failures, previousMs);
      if (milliseconds >= 0) return milliseconds;
    } catch (error) {
      this.#report(error, { stage: 'accept', connection: undefined });
    }
    return LONGEST_WAIT_MS;
  }

  /** Resolves after so many milliseconds, or when the server stops. */
  #pause(milliseconds: number): Promise<void> {
    return new Promise((resolve) => {
      const cancel = this.#registry.clock.after(milliseconds, () => this.#wake?.());
      this.#wake = () => {
        this.#wake = undefined;
        cancel();
        resolve();
      };
      if (!this.#accepting) this.#wake();
    });
  }

  /** The listener is closed and nobody is left. */
  async #ifStopped(): Promise<void> {
    if (this.#looping || this.#members.size > 0 || this.#state === 'stopped') return;
    this.#state = 'stopped';
    if (!this.#shared) await this.#registry.close();
    this.#tellClosed(await this.#listener.closed);
  }
}

const NAMES: readonly string[] = ['registry', 'data', 'signal', 'onError', 'onRefused', 'backoff'];

function checkArguments<D>(listener: Listener, handler: Handler<D>, options: ServeOptions<D>): void {
  if (typeof (listener as Partial<Listener> | null | undefined)?.accept !== 'function') throw argument('listener takes what listen() answers with');
  if (typeof handler !== 'function') throw argument('handler takes a function');
  if (typeof options !== 'object' || (options as unknown) === null) throw argument('options take an object');
  for (const name of Object.keys(options)) if (!NAMES.includes(name)) throw argument(`${name} is no option; there are ${NAMES.join(', ')}`);
  for (const name of ['data', 'onError', 'onRefused'] as const) if (options[name] !== undefined && typeof options[name] !== 'function') throw argument(`${name} takes a function`);
  const { signal, registry } = options;
  if (registry !== undefined && 'broadcast' in registry && !(registry instanceof ConnectionRegistry)) throw argument('registry takes one of createRegistry(), of the same installed copy');
  if (signal !== undefined && typeof (signal as Partial<AbortSignal> | null)?.addEventListener !== 'function') throw argument('signal takes an AbortSignal');
}

function argument(why: string): PoolError<'ERR_SOCK_POOL_ARGUMENT'> {
  return new PoolError('ERR_SOCK_POOL_ARGUMENT', `serve() ${why}`, 'usage', { phase: 'config' });
}
