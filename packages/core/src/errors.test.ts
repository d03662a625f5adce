import { expect, test, vi } from 'vitest';
import { isSocketError, SocketError } from './errors.ts';

test('an error has code, phase, category, endpoint, cause and the bytes it moved; the rest has defaults', () => {
  const cause = new Error('below');
  const endpoint = { host: 'h', port: 1 };
  const error = new SocketError('ERR_SOCK_TIMEOUT', 'too slow', { phase: 'send', category: 'timeout', retryable: true, endpoint, cause, bytesMoved: 7 });
  expect(error).toMatchObject({ name: 'SocketError', message: 'too slow', code: 'ERR_SOCK_TIMEOUT', phase: 'send', category: 'timeout', retryable: true, endpoint, bytesMoved: 7 });
  expect(error.cause).toBe(cause);
  expect(error.stack).toContain('errors.test');
  const bare = new SocketError('ERR_SOCK_BUSY', 'm', { phase: 'recv', category: 'usage' });
  expect(bare).toMatchObject({ retryable: false, endpoint: undefined, bytesMoved: 0 });
  expect('cause' in bare).toBe(false);
});

test('isSocketError goes by the code, so two installed copies agree', async () => {
  vi.resetModules();
  const copy = await import('./errors.ts');
  expect(copy.SocketError).not.toBe(SocketError);
  const foreign = new copy.SocketError('ERR_SOCK_RESET', 'm', { phase: 'recv', category: 'reset' });
  expect(foreign).not.toBeInstanceOf(SocketError);
  expect(isSocketError(foreign)).toBe(true);
  expect(isSocketError(foreign, 'ERR_SOCK_RESET')).toBe(true);
  expect(isSocketError(foreign, 'ERR_SOCK_CLOSED')).toBe(false);
});

test.each([undefined, null, 'ERR_SOCK_RESET', { code: 'ERR_SOCK_RESET' }, new Error('ERR_SOCK_RESET'), Object.assign(new Error('m'), { code: 7 }), Object.assign(new Error('m'), { code: 'ECONNRESET' })])(
  '%j is none of ours',
  (value) => {
    expect(isSocketError(value)).toBe(false);
  },
);
