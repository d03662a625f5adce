import type { Cancel } from './connector.ts';
import { Budget, wait } from './deadline.ts';
import type { Endpoint } from './endpoint.ts';
import { at } from './endpoint-text.ts';
import type { Phase } from './errors.ts';
import { isSocketError, SocketError } from './errors.ts';
import type { SocketLimits } from './limits.ts';
import { ENDED, HANGUP } from './ready.ts';
import type { SendQueue } from './send-queue.ts';
import type { CloseReason, Transport } from './transport.ts';

/** Writes everything accepted, then the end; resolves when the end has left. To be called once. */
export function writeEnd(transport: Transport, out: SendQueue): Promise<void> {
  const left = out.flushed(undefined, { phase: 'shutdown', endpoint: transport.remote }).then(
    () => new Promise<void>((resolve, reject) => transport.shutdown((cause) => ((cause ?? undefined) === undefined ? resolve() : reject(cause)))),
  );
  // Whoever asked may have stopped waiting; `closed` tells of the failure as well.
  left.catch(() => {});
  return left;
}

/**
 * The whole graceful close of a transport, in the order: write, end, wait for the peer's end, release.
 *
 * @param end - resolves when all is written and this side's end has left; `undefined` when there is nothing to wait for
 */
export async function closeGracefully(
  transport: Transport,
  end: Promise<void> | undefined,
  limits: SocketLimits,
  cancel: Cancel | undefined,
): Promise<void> {
  try {
    const budget = new Budget(cancel?.timeout === undefined ? { signal: cancel?.signal, timeout: limits.closeTimeout } : cancel);
    if (end !== undefined) {
      await wait<void>(budget.rest(), { phase: 'close', endpoint: transport.remote }, (resolve, reject) => void end.then(resolve, reject));
    }
    await peerEnd(transport, budget.rest(cancel?.timeout === undefined ? limits.lingerTimeout : Infinity));
    transport.destroy();
  } catch (error) {
    // Not rethrown: the close has come to its end all the same, and `closed` carries this error as the reason.
    transport.destroy(error);
  }
  await transport.closed;
}

/** Drops what arrives until the peer has ended. A peer that stays silent or keeps talking is left after the time-out. */
async function peerEnd(transport: Transport, cancel: Cancel): Promise<void> {
  let unwatch: (() => void) | undefined;
  try {
    await wait<void>(cancel, { phase: 'close', endpoint: transport.remote }, (resolve) => {
      const drop = (): void => {
        while (transport.pull() !== null);
        if ((transport.ready & (ENDED | HANGUP)) !== 0) resolve();
      };
      unwatch = transport.onReady(drop);
      drop();
    });
  } catch (error) {
    if (!isSocketError(error, 'ERR_SOCK_TIMEOUT')) throw error;
  } finally {
    unwatch?.();
  }
}

/** The close reason that a cause stands for; none = a plain local close. */
export function closeReason(cause: unknown): CloseReason {
  if (cause === undefined) return { how: 'local' };
  if (isSocketError(cause)) {
    const { category } = cause;
    if (category === 'reset' || category === 'timeout') return { how: category, cause };
  }
  return { how: 'error', cause };
}

/** `ERR_SOCK_CLOSED`: a call came, or was waiting, when no byte can move any more. */
export function closedError(phase: Phase, why: string, endpoint: Endpoint | undefined, cause?: unknown): SocketError<'ERR_SOCK_CLOSED'> {
  return new SocketError('ERR_SOCK_CLOSED', `${phase}${at(phase === 'recv' ? 'from' : 'to', endpoint)} is not possible: ${why}`, {
    phase, category: 'closed', endpoint, cause,
  });
}

/** `ERR_SOCK_DETACHED`: the old socket of an upgrade was used. */
export function detachedError(endpoint: Endpoint | undefined): SocketError<'ERR_SOCK_DETACHED'> {
  return new SocketError(
    'ERR_SOCK_DETACHED',
    `the connection${at('to', endpoint)} was handed to an upgrade: use the socket that upgrade() answered with`,
    { phase: 'upgrade', category: 'usage', endpoint },
  );
}
