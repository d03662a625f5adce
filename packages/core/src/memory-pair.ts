import type { SocketLimitsInput } from './limits.ts';
import { coreSection } from './limits.ts';
import { MemoryTransport } from './memory-transport.ts';
import { Socket } from './socket.ts';
import type { Transport } from './transport.ts';

/** Options of a pair in memory: the limits of both sockets, and a name. */
export interface MemoryPairOptions extends SocketLimitsInput {
  /** Shown in endpoints as `memory:NAME-a` and `memory:NAME-b`. Default: **`pair`** */
  readonly name?: string | undefined;
}

/**
 * Two sockets joined in memory: what one sends, the other receives, with the same limits, half-close and errors as over a network.
 *
 * @example
 * ```ts
 * const [left, right] = memoryPair();
 * await left.send(new Uint8Array([1, 2, 3]));
 * console.log(await right.recv());
 * ```
 */
export function memoryPair(options: MemoryPairOptions = {}): [Socket, Socket] {
  const [a, b] = memoryTransportPair(options);
  return [new Socket(a, options), new Socket(b, options)];
}

/** The two transports of {@link memoryPair}, for those who put a `Socket` or a layer on them themselves. */
export function memoryTransportPair(options: MemoryPairOptions = {}): [Transport, Transport] {
  const { name = 'pair' } = options;
  const limit = coreSection.pick(options).receiveQueueBytes;
  return MemoryTransport.pair({ memory: `${name}-a` }, { memory: `${name}-b` }, limit);
}
