import { expect } from 'vitest';

/** What `promise` rejects with; fails the test when it resolves. */
export async function rejection<E = Error & { readonly code: string }>(promise: PromiseLike<unknown>): Promise<E> {
  let value: unknown;
  try {
    value = await promise;
  } catch (error) {
    return error as E;
  }
  return expect.fail(`it resolved with ${String(value)} instead of rejecting`);
}
