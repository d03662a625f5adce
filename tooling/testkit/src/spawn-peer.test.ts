import { expect, test } from 'vitest';
import { leakGuard } from './leak-guard.ts';
import { rejection } from './rejection.ts';
import { spawnPeer } from './spawn-peer.ts';

leakGuard();

test('waits for a line, types, and ends the program by its pid', async () => {
  const peer = spawnPeer('cat', []);
  peer.write('one\ntwo 22\n');
  expect((await peer.line(/^two (\d+)$/))[1]).toBe('22');
  await peer.stop();
  expect(await peer.exit).toBe('SIGKILL');
  await peer.stop();
});

test('a program that ends without the line is an error with its output', async () => {
  await using peer = spawnPeer(process.execPath, ['-e', 'console.error("no luck"); process.exitCode = 3']);
  const error = await rejection(peer.line(/ready/));
  expect(error.message).toMatch(/ended \(3\) and never printed \/ready\/:\nno luck/);
});

test('a program that does not exist is an error', async () => {
  await using peer = spawnPeer('no-such-program-here', []);
  expect((await rejection(peer.line(/ready/))).message).toContain('ENOENT');
});
