import type { Socket as NodeSocket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { Endpoint, InfoKey, SocketLimits, UnixEndpoint } from '@sock/core';
import { DIALLED, Socket } from '@sock/core';
import { DuplexTransport } from './duplex-transport.ts';

/**
 * A connected `net.Socket` as a `Socket`.
 *
 * @param unix - the path when it is no TCP connection
 * @param dialled - where the program asked to connect to
 */
export function fromNodeSocket(stream: NodeSocket, limits: SocketLimits, unix?: UnixEndpoint, dialled?: Endpoint): Socket {
  const local = unix ?? tcpEndpoint(stream.localAddress, stream.localPort);
  const remote = unix ?? tcpEndpoint(stream.remoteAddress, stream.remotePort);
  // One function for all: each connection carries what is made here.
  const abort = unix === undefined ? reset : undefined;
  // An accepted connection was not dialled: nothing to carry for each of them.
  const get = dialled === undefined ? undefined : <T>(key: InfoKey<T>): T | undefined => (key.symbol === DIALLED.symbol ? (dialled as T) : undefined);
  return new Socket(new DuplexTransport(stream, { local, remote, limits, abort, get }), limits);
}

/**
 * RST instead of FIN: the peer must not take what it has got for the whole. `resetAndDestroy()` ends the stream before it resets it, so
 * that an end may come first; this is the mark that it sets last. A runtime without the mark would close plainly.
 */
function reset(stream: Duplex): void {
  (stream as Duplex & { resetAndClosing?: boolean }).resetAndClosing = true;
  stream.destroy();
}

function tcpEndpoint(host: string | undefined, port: number | undefined): Endpoint | undefined {
  return host === undefined || port === undefined ? undefined : { host, port };
}
