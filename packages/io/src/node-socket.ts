import type { Socket as NodeSocket } from 'node:net';
import type { Endpoint, SocketLimits, UnixEndpoint } from '@sock/core';
import { Socket } from '@sock/core';
import { DuplexTransport } from './duplex-transport.ts';

/** A connected `net.Socket` as a `Socket`. `unix` is the path when it is no TCP connection. */
export function fromNodeSocket(stream: NodeSocket, limits: SocketLimits, unix?: UnixEndpoint): Socket {
  const local = unix ?? tcpEndpoint(stream.localAddress, stream.localPort);
  const remote = unix ?? tcpEndpoint(stream.remoteAddress, stream.remotePort);
  const abort = unix === undefined ? () => reset(stream) : undefined;
  return new Socket(new DuplexTransport(stream, { local, remote, limits, abort }), limits);
}

/**
 * RST instead of FIN: the peer must not take what it has got for the whole. `resetAndDestroy()` would send the FIN first, and wait
 * for writes that a stalled peer never lets through; this mark is what it sets at its end. Without it a plain close remains.
 */
function reset(stream: NodeSocket): void {
  (stream as NodeSocket & { resetAndClosing?: boolean }).resetAndClosing = true;
  stream.destroy();
}

function tcpEndpoint(host: string | undefined, port: number | undefined): Endpoint | undefined {
  return host === undefined || port === undefined ? undefined : { host, port };
}
