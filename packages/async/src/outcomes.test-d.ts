// Support of the tests: not compiled into dist, and not published.
import type { Socket } from '@sock/core';
import { memoryPair } from '@sock/core/memory';
import type { Completion } from './index.ts';

/** A pair whose sends stop after 4 KiB on the way and 4 KiB in the queue. */
export const narrowPair = (): [Socket, Socket] => memoryPair({ sendQueueBytes: '4KiB', receiveQueueBytes: '4KiB' });

/** How operations ended, when all of them have. */
export async function outcomes(...submitted: { readonly done: Promise<Completion> }[]): Promise<string[]> {
  return (await Promise.all(submitted.map(({ done }) => done))).map(({ outcome }) => outcome);
}
