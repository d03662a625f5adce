import type { Cancel } from '@sock/core';
import { attempt } from './attempt.ts';
import type { Connection } from './connection.ts';
import { PoolError, reasonOf } from './errors.ts';
import type { PoolSettings } from './pool-options.ts';

/** The hooks that look after a connection which nobody has. */
export type Check = 'validate' | 'ping' | 'reset';

/** Runs a hook. Resolves when the connection is fit; rejects with `ERR_SOCK_POOL_VALIDATE` when the hook said no, failed, or took longer than `checkTimeout`. */
export async function check<T, D>(what: Check, connection: Connection<T, D>, settings: PoolSettings<T, D>): Promise<void> {
  const { clock, limits: { checkTimeout } } = settings;
  const hook = settings[what];
  const fault = (why: string, cause?: unknown): Error =>
    new PoolError('ERR_SOCK_POOL_VALIDATE', `${what}() of connection ${connection.id} to ${connection.member.key} ${why}`, 'closed', { cause });
  const tooSlow = (): Error => fault(`did not answer within ${checkTimeout} ms (checkTimeout)`);
  // In a function of its own, so that what it throws at once is a rejection as well.
  const work = async (cancel: Cancel): Promise<unknown> => await hook?.(connection, cancel);
  const { done, giveUp } = attempt(clock, checkTimeout, work, { tooSlow, unref: what === 'ping' && !settings.limits.ref });
  connection.abandonCheck = giveUp;
  const answer = await done.catch((error: unknown) => {
    throw error instanceof PoolError && error.code === 'ERR_SOCK_POOL_VALIDATE' ? error : fault(`failed: ${reasonOf(error)}`, error);
  });
  if (answer === false) throw fault('answered false');
}
