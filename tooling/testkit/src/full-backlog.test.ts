import { connect } from 'node:net';
import { setTimeout } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { fullBacklog } from './full-backlog.ts';
import { leakGuard } from './leak-guard.ts';

leakGuard();

test('a connect to a full backlog neither succeeds nor fails', async () => {
  await using silent = await fullBacklog();
  const socket = connect({ host: '127.0.0.1', port: silent.port });
  const seen: string[] = [];
  for (const event of ['connect', 'error', 'close']) socket.on(event, () => seen.push(event));
  // Nothing can be awaited here: that nothing happens is the point.
  await setTimeout(150);
  expect(seen).toEqual([]);
  socket.destroy();
});
