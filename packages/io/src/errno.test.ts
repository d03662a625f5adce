import { SocketError } from '@sock/core';
import { describe, expect, test } from 'vitest';
import { ERRNO_TABLE, fromErrno } from './errno.ts';

const endpoint = { host: 'peer', port: 7 };
const raised = (code: string): Error => Object.assign(new Error(`connect ${code} somewhere`), { code });

describe.each(Object.entries(ERRNO_TABLE))('%s', (errno, row) => {
  test('becomes its row, with the original as the cause and the errno in the message', () => {
    const cause = raised(errno);
    const error = fromErrno(cause, 'connect', endpoint);
    const phase = row.category === 'name' ? 'dns' : 'connect';
    expect(error).toMatchObject({ code: row.code, category: row.category, retryable: row.retryable, phase, endpoint });
    expect(error.cause).toBe(cause);
    expect(error.message).toBe(`connect peer:7: ${row.words} (${errno})`);
  });
});

test('the errnos that matter most are what they should be', () => {
  const codes = ['ECONNREFUSED', 'ECONNRESET', 'EPIPE', 'ETIMEDOUT', 'EADDRINUSE', 'ENOTFOUND', 'EMFILE', 'ENOENT', 'EACCES', 'EHOSTUNREACH'].map((errno) => ERRNO_TABLE[errno]?.code);
  expect(codes).toEqual([
    'ERR_SOCK_REFUSED', 'ERR_SOCK_RESET', 'ERR_SOCK_RESET', 'ERR_SOCK_TIMEOUT', 'ERR_SOCK_ADDRESS_IN_USE', 'ERR_SOCK_NAME', 'ERR_SOCK_RESOURCES',
    'ERR_SOCK_NOT_FOUND', 'ERR_SOCK_ACCESS', 'ERR_SOCK_UNREACHABLE',
  ]);
});

test.each([raised('EWHATEVER'), new Error('no code'), Object.assign(new Error('odd'), { code: 7 }), 'only text', undefined, raised('toString'), raised('constructor')])(
  'anything else is ERR_SOCK_SYSTEM and keeps its words: %s',
  (cause) => {
    const error = fromErrno(cause, 'listen', undefined);
    expect(error).toMatchObject({ code: 'ERR_SOCK_SYSTEM', category: 'system', phase: 'listen', retryable: false });
    expect(error.cause).toBe(cause);
    expect(error.message).toContain(cause instanceof Error ? cause.message : String(cause));
  },
);

test('an error of ours passes through as it is', () => {
  const error = new SocketError('ERR_SOCK_BUSY', 'm', { phase: 'recv', category: 'usage' });
  expect(fromErrno(error, 'connect', endpoint)).toBe(error);
});
