import { fileURLToPath } from 'node:url';
import { spawnPeer } from '@sock/testkit';
import { expect, test } from 'vitest';

test('connections that are dropped at every awkward moment neither end the process nor leave anything in it', async () => {
  const program = spawnPeer(process.execPath, ['--unhandled-rejections=strict', fileURLToPath(new URL('programs/rough-life.mjs', import.meta.url))]);
  // A fault inside the engine ends the process by a signal: `SIGSEGV` in place of 0.
  expect(await program.exit, program.output).toBe(0);
  const { ends, open } = JSON.parse(program.output) as { ends: Record<string, number>; open: string[] };
  expect(open).toEqual([]);
  // Each way of ending was really met.
  expect(Object.keys(ends)).toEqual(expect.arrayContaining(['local', 'reset', 'error', 'ERR_SOCK_TLS_UNKNOWN_ISSUER', 'ERR_SOCK_TLS_HANDSHAKE_TIMEOUT']));
});
