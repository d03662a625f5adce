import type { Cancel } from '@sock/core';
import { attempt } from './attempt.ts';
import { NEWS } from './condition.ts';
import type { Connection } from './connection.ts';
import { PoolError } from './errors.ts';
import type { PoolSettings } from './pool-options.ts';

/**
 * Closes a connection that leaves in peace, after `beforeClose` has said goodbye on it. It is out of the pool by then, and counts for nothing any more.
 *
 * @param holds - the process goes on until that is done: somebody waits for it
 */
export function farewell<T, D>(connection: Connection<T, D>, { clock, beforeClose, limits: { checkTimeout } }: PoolSettings<T, D>, holds: boolean): void {
  const { socket, place } = connection;
  // One that is not put aside is in the middle of something.
  if (beforeClose === undefined || (socket.ready & NEWS) !== 0 || !place.leave()) return void socket.close();
  if (holds) connection.loop?.ref();
  const work = async (cancel: Cancel): Promise<void> => {
    // Not within whatever made it leave.
    await Promise.resolve();
    await beforeClose(connection, cancel);
  };
  const tooSlow = (): Error => new PoolError('ERR_SOCK_POOL_VALIDATE', `beforeClose() of connection ${connection.id} did not answer within ${checkTimeout} ms (checkTimeout)`, 'timeout');
  const { done, giveUp } = attempt(clock, checkTimeout, work, { tooSlow, unref: !holds });
  void socket.closed.then(giveUp);
  void done.catch(() => {}).then(() => socket.close());
}
