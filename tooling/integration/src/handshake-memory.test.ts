import { fileURLToPath } from 'node:url';
import { leakGuard, spawnPeer } from '@sock/testkit';
import { expect, test } from 'vitest';

leakGuard();

const PROGRAM = fileURLToPath(new URL('./programs/handshakes.mjs', import.meta.url));
const COUNT = 1200;

// Node's own way to the peer's certificate never frees it: 5 KB for each side of each handshake, which the heap does not show.
test.each(['TLSv1.2', 'TLSv1.3'])('%s: full handshakes with certificates on both sides leave no memory behind', async (version) => {
  // One arena: what a second one holds back would look like growth.
  await using child = spawnPeer(process.execPath, ['--expose-gc', PROGRAM, version, '800', String(COUNT)], { env: { ...process.env, MALLOC_ARENA_MAX: '1' } });
  const [told] = await child.line(/^\{.*\}$/);
  const { before, after } = JSON.parse(told) as { readonly before: number; readonly after: number };
  expect((after - before) / COUNT).toBeLessThan(3000);
  expect(await child.exit, child.output).toBe(0);
}, 120_000);
