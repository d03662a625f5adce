import type { Duplex } from 'node:stream';
import type { TLSSocket } from 'node:tls';
import type { Cancel, Endpoint } from '@sock/core';
import { wait } from '@sock/core';
import type { HandshakeProgress } from './handshake-state.ts';
import { isAnswered, waitsForRoom } from './node-tls.ts';
import { closedInHandshake, timedOut, tlsFailure } from './tls-failure.ts';

/** The engine of one handshake and what its errors need to know. */
export interface EngineFacts {
  readonly tls: TLSSocket;
  /** What the engine stands on. */
  readonly stream: Duplex;
  readonly role: 'client' | 'server';
  readonly progress: HandshakeProgress;
  readonly endpoint: Endpoint | undefined;
  readonly maxText: number;
}

/**
 * Waits for the engine to say that the handshake is over, one way or the other.
 *
 * @throws a `TlsError` of kind `handshake`, `ERR_SOCK_ABORTED`
 */
export function completed({ tls, stream, role, progress, endpoint, maxText }: EngineFacts, cancel: Cancel): Promise<void> {
  const failure = (error: unknown): Error => tlsFailure(error, { endpoint, established: false, phase: 'handshake', maxText, helloRefused: role === 'client' && !isAnswered(tls) });
  const onTimeout = (milliseconds: number): Error => timedOut(milliseconds, endpoint, progress.state, `; is the peer overloaded, or no TLS ${role === 'client' ? 'server' : 'client'}?`);
  return wait<void>(cancel, { phase: 'handshake', what: 'TLS handshake', endpoint, onTimeout }, (resolve, reject) => {
    progress.peersTurn(() => waitsForRoom(tls));
    const failed = (error: unknown): void => over(() => reject(failure(error)));
    const closed = (): void => over(() => reject(stream.errored ? failure(stream.errored) : closedInHandshake(endpoint, 'closed', progress.state)));
    const secure = (): void => over(resolve);
    const stop = (): void => {
      tls.off('error', failed).off('close', closed).off('end', closed).off('secure', secure);
      stream.off('end', closed);
    };
    const over = (settle: () => void): void => {
      stop();
      settle();
    };
    tls.on('error', failed).on('close', closed).on('end', closed).on('secure', secure);
    // The engine hears of what comes from now on. An end that came before is told by the stream alone, when the engine has taken the last of its bytes.
    stream.on('end', closed);
    return stop;
  });
}
