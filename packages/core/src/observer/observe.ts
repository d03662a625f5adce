import type { Endpoint } from '../endpoint.ts';
import { SocketError } from '../errors.ts';
import { DIALLED } from '../info-key.ts';
import type { Socket } from '../socket.ts';
import type { Parts, UpgradeWatch } from '../socket-parts.ts';
import { PARTS } from '../socket-parts.ts';
import type { CloseObservation, HandshakeObservation, Observer, Watch } from './observation.ts';
import { observeReceives } from './observe-receives.ts';
import { observeSends } from './observe-sends.ts';
import { active, begin, fail, watchDone, watchWaiting } from './watching.ts';

/**
 * Tells `observer` what this socket does from now on: `send`, `recv`, `handshake` when it is upgraded, and `close`. The socket above an upgrade is
 * observed in its turn. A second time by an observer of the same name changes nothing. Sockets that nobody observes are not touched.
 *
 * @returns the socket
 * @throws `ERR_SOCK_ARGUMENT` for what is no `Socket` of this copy of the package
 */
export function observe(socket: Socket, observer: Observer): Socket {
  const parts = partsOf(socket);
  checkObserver(observer);
  if (parts.watch?.names.has(observer.name) === true) return socket;
  const { handshake, send, recv, close } = observer;
  if (handshake === undefined && send === undefined && recv === undefined && close === undefined) return socket;
  const next = { upgraded: false };
  parts.watch = upgradeWatch(parts.watch, socket, observer, next);
  if (send !== undefined) observeSends(socket, parts, send);
  if (recv !== undefined) observeReceives(socket, parts, recv);
  if (close !== undefined) observeClose(socket, close, next);
  return socket;
}

/** {@link observe}, for a connection that came in at `listener`: tells `accept` first. For those who implement a listener. */
export function observeAccepted(socket: Socket, listener: Endpoint, observer: Observer): Socket {
  const accept = active(observer.accept);
  observe(socket, observer);
  if (accept !== undefined) watchDone(accept, { ...begin(false, socket.remote), socket, listener });
  return socket;
}

/** Whether an observer of that name sees this socket's upgrades already. */
export function isObserved(socket: Socket, name: string): boolean {
  return socket.get(PARTS)?.watch?.names.has(name) === true;
}

/** An upgrade, told to `watch`. */
export function watchUpgrade(
  watch: Watch<HandshakeObservation> | undefined, socket: Socket, layer: string, target: unknown, work: () => Promise<Socket>, done: (upgraded: Socket) => void,
): Promise<Socket> {
  const observation: HandshakeObservation = { ...begin(true, socket.get(DIALLED) ?? socket.remote), layer, target, socket: undefined };
  // Observed also when nobody watches handshakes: what comes above the layer is the same connection.
  return watchWaiting(active(watch) ?? {}, observation, work, {
    done: (handshake, upgraded) => {
      handshake.socket = upgraded;
      done(upgraded);
    },
  });
}

function upgradeWatch(below: UpgradeWatch | undefined, socket: Socket, observer: Observer, next: { upgraded: boolean }): UpgradeWatch {
  return {
    names: new Set([...(below?.names ?? []), observer.name]),
    around: (layer, target, work) => watchUpgrade(
      observer.handshake, socket, layer, target,
      below === undefined ? work : () => below.around(layer, target, work),
      (upgraded) => {
        next.upgraded = true;
        observe(upgraded, observer);
      },
    ),
  };
}

/** Tells the end of the connection; once it has a layer, the socket above tells it. */
function observeClose(socket: Socket, watch: Watch<CloseObservation>, next: { readonly upgraded: boolean }): void {
  const begun = performance.now();
  void socket.closed.then((reason) => {
    if (next.upgraded || active(watch) === undefined) return;
    const { bytesSent, bytesReceived } = socket.stats;
    const observation: CloseObservation = { ...begin(false, socket.remote), socket, reason, bytesSent, bytesReceived, durationMs: performance.now() - begun };
    if (reason.how !== 'end' && reason.how !== 'local') fail(observation, reason.cause);
    watchDone(watch, observation);
  });
}

/** @throws `ERR_SOCK_ARGUMENT` for what is no observer: a socket is observed once by each name */
export function checkObserver(observer: Observer): void {
  if (typeof (observer as Partial<Observer> | null | undefined)?.name === 'string') return;
  throw new SocketError('ERR_SOCK_ARGUMENT', 'an observer is an object with a name: { name: "log", connect: { end } }', { phase: 'config', category: 'usage' });
}

function partsOf(socket: Socket): Parts {
  const parts = (socket as Partial<Socket> | undefined)?.get?.(PARTS);
  if (parts !== undefined) return parts;
  throw new SocketError('ERR_SOCK_ARGUMENT', 'observe() needs a Socket of @sock/core: give one, of the same installed copy', { phase: 'config', category: 'usage' });
}
