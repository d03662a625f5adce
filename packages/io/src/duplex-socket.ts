import { Socket as NodeSocket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { Endpoint, SocketLimitsInput } from '@sock/core';
import { coreSection, Socket } from '@sock/core';
import { DuplexTransport } from './duplex-transport.ts';

/** Options of {@link fromDuplex}: limits, and the addresses if the stream has any. */
export interface FromDuplexOptions extends SocketLimitsInput {
  readonly local?: Endpoint | undefined;
  readonly remote?: Endpoint | undefined;
}

/**
 * A `Socket` over any Node `Duplex` of bytes. The stream is the socket's own from now on: whoever has read of it gives that back (`unshift`) before.
 *
 * @throws `ERR_SOCK_STREAM` from the first receive when the stream gives anything but bytes
 */
export function fromDuplex(stream: Duplex, options: FromDuplexOptions = {}): Socket {
  const { local, remote } = options;
  const foreign = !(stream instanceof NodeSocket);
  return new Socket(new DuplexTransport(stream, { local, remote, limits: coreSection.pick(options), foreign }), options);
}
