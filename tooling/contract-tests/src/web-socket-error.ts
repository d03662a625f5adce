import { expect } from 'vitest';

/** "SocketError is an instance of TypeError. The error message should start with `SocketError: `." */
export function expectSocketError(error: unknown): asserts error is TypeError {
  expect(error).toBeInstanceOf(TypeError);
  expect((error as TypeError).message).toMatch(/^SocketError: ./);
}
