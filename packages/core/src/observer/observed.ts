import type { Cancel, Connector, Listener, Upgrade } from '../connector.ts';
import type { Endpoint } from '../endpoint.ts';
import { toEndpoint } from '../endpoint-text.ts';
import { SocketError } from '../errors.ts';
import { DIALLED } from '../info-key.ts';
import type { Socket } from '../socket.ts';
import type { CloseReason } from '../transport.ts';
import type { Observer } from './observation.ts';
import { checkObserver, isObserved, observe, observeAccepted, watchUpgrade } from './observe.ts';
import { active, begin, watchWaiting } from './watching.ts';

/**
 * The same connector, listener or upgrade, whose operations, and those of all sockets that it gives, are told to `observer`. The key stays: who is
 * watched is the same connection.
 *
 * @example
 * const dial = observed(tcp(), { name: 'log', connect: { end: ({ endpoint, durationMs, code }) => log(endpoint, durationMs, code) } });
 */
export function observed<T>(connector: Connector<T>, observer: Observer): Connector<T>;
export function observed(listener: Listener, observer: Observer): Listener;
export function observed<T>(upgrade: Upgrade<T>, observer: Observer): Upgrade<T>;
export function observed<T>(subject: Connector<T> | Listener | Upgrade<T>, observer: Observer): Connector<T> | Listener | Upgrade<T> {
  checkObserver(observer);
  if (typeof subject !== 'object' || (subject as unknown) === null) {
    throw new SocketError('ERR_SOCK_ARGUMENT', 'observed() needs a connector, a listener or an upgrade', { phase: 'config', category: 'usage' });
  }
  if ('upgrade' in subject) return observedUpgrade(subject, observer);
  return 'accept' in subject ? new ObservedListener(subject, observer) : observedConnector(subject, observer);
}

function observedConnector<T>(connector: Connector<T>, observer: Observer): Connector<T> {
  return {
    key: connector.key,
    connect: async (target, cancel) => {
      const observation = { ...begin(true, endpointOf(target)), target, socket: undefined as Socket | undefined };
      return await watchWaiting(active(observer.connect) ?? {}, observation, () => connector.connect(target, cancel), {
        done: (connecting, socket) => {
          connecting.socket = observe(socket, observer);
          connecting.endpoint ??= socket.get(DIALLED) ?? socket.remote;
        },
      });
    },
  };
}

function observedUpgrade<T>(upgrade: Upgrade<T>, observer: Observer): Upgrade<T> {
  const { name, key } = upgrade;
  return {
    name,
    key,
    upgrade: async (socket, target, cancel) => {
      const work = (): Promise<Socket> => upgrade.upgrade(socket, target, cancel);
      // The socket below tells of its upgrades itself.
      if (isObserved(socket, observer.name)) return await work();
      return await watchUpgrade(observer.handshake, socket, name, target, work, (upgraded) => void observe(upgraded, observer));
    },
  };
}

class ObservedListener implements Listener {
  readonly #below: Listener;
  readonly #observer: Observer;

  constructor(below: Listener, observer: Observer) {
    this.#below = below;
    this.#observer = observer;
  }

  get endpoint(): Endpoint {
    return this.#below.endpoint;
  }

  get closed(): Promise<CloseReason> {
    return this.#below.closed;
  }

  async accept(options?: Cancel): Promise<Socket> {
    return this.#seen(await this.#below.accept(options));
  }

  [Symbol.asyncIterator](): AsyncIterator<Socket, undefined> {
    const steps = this.#below[Symbol.asyncIterator]();
    const seen = async (step: Promise<IteratorResult<Socket, undefined>>): Promise<IteratorResult<Socket, undefined>> => {
      const { done, value } = await step;
      return done === true ? { done, value: undefined } : { done: false, value: this.#seen(value) };
    };
    return {
      next: () => seen(steps.next()),
      return: () => seen(steps.return?.() ?? Promise.resolve({ done: true, value: undefined })),
    };
  }

  close(options?: Cancel): Promise<void> {
    return this.#below.close(options);
  }

  destroy(cause?: unknown): void {
    this.#below.destroy(cause);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  #seen(socket: Socket): Socket {
    return observeAccepted(socket, this.endpoint, this.#observer);
  }
}

/** Where a target leads to, when it is an address. */
function endpointOf(target: unknown): Endpoint | undefined {
  try {
    return toEndpoint(target as Endpoint | string);
  } catch {
    // A connector may take anything for a target; the connection itself will know its address.
    return undefined;
  }
}
