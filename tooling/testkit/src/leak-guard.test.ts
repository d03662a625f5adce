import { once } from 'node:events';
import { createServer } from 'node:net';
import { expect, test } from 'vitest';
import { leftBehind, openHandles } from './leak-guard.ts';

test('a server and a timer that are left behind are named', async () => {
  const before = openHandles();
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const timer = setTimeout(() => {}, 60_000);
  expect(await leftBehind(before, 20)).toBe('1 × TCPServerWrap, 1 × Timeout');
  clearTimeout(timer);
  server.close();
  expect(await leftBehind(before)).toBe('');
});

test('what was open before the test is not held against it', async () => {
  const timer = setTimeout(() => {}, 60_000);
  const before = openHandles();
  expect(before.get('Timeout')).toBeGreaterThan(0);
  expect(await leftBehind(before, 0)).toBe('');
  clearTimeout(timer);
});

test('what is still closing gets a grace', async () => {
  const before = openHandles();
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  setImmediate(() => server.close());
  expect(openHandles().get('TCPServerWrap')).toBe(1);
  expect(await leftBehind(before)).toBe('');
});
