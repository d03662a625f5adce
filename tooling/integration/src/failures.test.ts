import { fileURLToPath } from 'node:url';
import { spawnPeer } from '@sock/testkit';
import { expect, test } from 'vitest';

interface Outcome {
  readonly name: string;
  readonly code: string;
  readonly milliseconds: number;
  readonly open: readonly string[];
}

const EXPECTED: Readonly<Record<string, string>> = {
  'wrong authority': 'ERR_SOCK_TLS_UNKNOWN_ISSUER',
  'wrong name': 'ERR_SOCK_TLS_NAME_MISMATCH',
  expired: 'ERR_SOCK_TLS_EXPIRED',
  'signed by itself': 'ERR_SOCK_TLS_SELF_SIGNED',
  'key that does not match': 'ERR_SOCK_TLS_KEY_MISMATCH',
  'truncated PEM': 'ERR_SOCK_TLS_PEM',
  'peer that speaks HTTP': 'ERR_SOCK_TLS_NOT_TLS',
  'peer that never answers': 'ERR_SOCK_TLS_HANDSHAKE_TIMEOUT',
  'peer that resets': 'ERR_SOCK_TLS_HANDSHAKE_RESET',
  'peer that ends': 'ERR_SOCK_TLS_HANDSHAKE_CLOSED',
  'closed port': 'ERR_SOCK_REFUSED',
};

test('each failure has a code of its own, comes within its deadline and leaves no handle: the process ends by itself', async () => {
  const program = spawnPeer(process.execPath, [fileURLToPath(new URL('programs/failures.mjs', import.meta.url))]);
  expect(await program.exit, program.output).toBe(0);
  const outcomes = program.output.trim().split('\n').map((line) => JSON.parse(line) as Outcome);
  expect(Object.fromEntries(outcomes.map(({ name, code }) => [name, code]))).toEqual(EXPECTED);
  expect(new Set(outcomes.map(({ code }) => code)).size).toBe(outcomes.length);
  for (const { name, open, milliseconds } of outcomes) {
    expect(open, name).toEqual([]);
    expect(milliseconds, name).toBeLessThan(2000);
  }
});
