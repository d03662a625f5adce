import { SocketError } from '../errors.ts';
import type { Socket } from '../socket.ts';
import { codeOf, factsOf, messageOf, named } from './pipe-error.ts';

/** What a {@link relay} has moved. */
export interface RelayStats {
  /** Bytes from the first socket that the second has accepted. */
  readonly aToB: number;
  /** Bytes from the second socket that the first has accepted. */
  readonly bToA: number;
  /** Since it began. */
  readonly milliseconds: number;
}

/** A `relay` ended before both directions had. Its `code` is that of the failure, which is the `cause`; `bytesMoved` is the sum of both directions. */
export class RelayError extends SocketError {
  override readonly name: string = 'RelayError';
  /** The socket that failed; `undefined` when it was neither: nothing moved for `idleTimeout`. */
  readonly side: 'a' | 'b' | undefined;
  /** What was moved before. */
  readonly stats: RelayStats;

  private constructor(code: `ERR_SOCK_${string}`, message: string, facts: ConstructorParameters<typeof SocketError>[2], side: 'a' | 'b' | undefined, stats: RelayStats) {
    super(code, message, { ...facts, bytesMoved: stats.aToB + stats.bToA });
    this.side = side;
    this.stats = stats;
  }

  /** One of the sockets failed, in receiving or in sending. */
  static of(side: 'a' | 'b', phase: 'recv' | 'send', socket: Socket, stats: RelayStats, cause: unknown): RelayError {
    const message = `relay failed on side ${side}${named(socket.remote)} after ${counts(stats)}: ${messageOf(cause)}`;
    return new RelayError(codeOf(cause), message, { ...factsOf(cause, phase), endpoint: socket.remote }, side, stats);
  }

  /** Nothing moved, in either direction. */
  static idle(idleMs: number, a: Socket, b: Socket, stats: RelayStats): RelayError {
    const message = `relay between${named(a.remote)} and${named(b.remote)} moved nothing for ${idleMs} ms (idleTimeout), after ${counts(stats)}`;
    return new RelayError('ERR_SOCK_TIMEOUT', message, { phase: 'recv', category: 'timeout', endpoint: a.remote }, undefined, stats);
  }
}

function counts({ aToB, bToA }: RelayStats): string {
  return `${aToB} bytes from a to b and ${bToA} from b to a`;
}
