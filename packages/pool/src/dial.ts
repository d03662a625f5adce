import type { Cancel, Connector, Socket } from '@sock/core';
import { Budget, ENDED, ERROR, HANGUP, isSocketError, SocketError } from '@sock/core';
import type { Parking } from '@sock/core/parking';
import { parking } from '@sock/core/parking';
import type { Attempt } from './attempt.ts';
import { attempt } from './attempt.ts';
import { endOf } from './condition.ts';
import { PoolError, reasonOf } from './errors.ts';
import type { Probe } from './health/member-health.ts';
import type { Member } from './member.ts';
import type { PoolSettings } from './pool-options.ts';

/** A connection that was dialled and prepared. */
export interface Dialled<D> {
  readonly socket: Socket;
  readonly data: D;
}

/** One dial, which is counted as a connection until it is over. */
export class Dial<T, D> {
  readonly member: Member<T, D>;
  readonly startedAt: number;
  /** Of the group, when it began. */
  readonly generation: number;
  /** Its place in a half-open circuit. */
  readonly probe: Probe | undefined;
  /** Hears of its end, when it was begun for nobody who waits. */
  readonly onEnd: ((ok: boolean, error?: unknown) => void) | undefined;
  /** The pool itself gave it up. */
  abandoned = false;
  #attempt: Attempt<Dialled<D>> | undefined;

  constructor(member: Member<T, D>, startedAt: number, probe: Probe | undefined, onEnd: ((ok: boolean, error?: unknown) => void) | undefined) {
    this.member = member;
    this.startedAt = startedAt;
    this.generation = member.group.generation;
    this.probe = probe;
    this.onEnd = onEnd;
  }

  /** To be called once. */
  run(connector: Connector<T>, { clock, limits: { connectTimeout }, prepare }: PoolSettings<T, D>): Promise<Dialled<D>> {
    const { target, key } = this.member;
    const tooSlow = (): Error =>
      new SocketError('ERR_SOCK_TIMEOUT', `${key} was not connected within ${connectTimeout} ms (connectTimeout), and the connector did not stop`, {
        phase: 'connect', category: 'timeout', retryable: true,
      });
    const connect = async (cancel: Cancel & { readonly signal: AbortSignal }): Promise<Dialled<D>> => {
      const budget = new Budget(cancel);
      const socket = await connector.connect(target, budget.rest());
      const place = placeOf(key, socket);
      const stop = (): void => socket.destroy(cancel.signal.reason);
      // A prepare() that does not listen must not keep the connection open when it is given up.
      cancel.signal.addEventListener('abort', stop);
      try {
        cancel.signal.throwIfAborted();
        const data = prepare === undefined ? (undefined as D) : await prepare(socket, target, budget.rest());
        if (place.handedOver) throw new PoolError('ERR_SOCK_POOL_PREPARE', `prepare() handed its socket for ${key} to an upgrade: put the layer on the connector, by upgradeConnector()`);
        assertAlive(key, socket);
        return { socket, data };
      } catch (error) {
        socket.destroy(error);
        throw prepareError(key, error);
      } finally {
        cancel.signal.removeEventListener('abort', stop);
      }
    };
    this.#attempt = attempt(clock, connectTimeout, connect, { tooSlow, late: ({ socket }) => socket.destroy() });
    return this.#attempt.done;
  }

  abandon(cause: unknown): void {
    this.abandoned = true;
    this.#attempt?.giveUp(cause);
  }
}

/** What is no Socket of this copy of the package fails as a dial. */
function placeOf(key: string, socket: Socket): Parking {
  try {
    return parking(socket);
  } catch (cause) {
    const found = (socket as unknown) === null ? 'null' : typeof socket;
    throw new PoolError('ERR_SOCK_POOL_ARGUMENT', `the connector answered connect() to ${key} with ${found} in place of a Socket of the same installed copy of @sock/core`, 'usage', { cause });
  }
}

/** A connection that is over before anybody had it is a dial that failed: else it would be followed by the next one at once, without end. */
function assertAlive(key: string, socket: Socket): void {
  if ((socket.ready & (ENDED | ERROR | HANGUP)) === 0) return;
  throw new SocketError('ERR_SOCK_CLOSED', `${key} ended the connection as soon as it stood`, { phase: 'connect', category: 'closed', retryable: true, cause: endOf(socket) });
}

/** What the sockets themselves say is passed on as it is; a refusal of the program's own gets the pool's code. */
function prepareError(key: string, cause: unknown): Error {
  if (isSocketError(cause)) return cause;
  return new PoolError('ERR_SOCK_POOL_PREPARE', `prepare() failed for a new connection to ${key}: ${reasonOf(cause)}`, 'protocol', { cause });
}
