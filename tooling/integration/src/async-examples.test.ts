import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createServer as createPlainServer } from 'node:net';
import { join } from 'node:path';
import { leakGuard } from '@sock/testkit';
import { expect, onTestFinished, test } from 'vitest';
import { exampleFolder } from './example-folder.ts';

leakGuard();

const { folder, lengths } = exampleFolder('async', ['async', 'config', 'core', 'io']);

async function run(...parameters: string[]): Promise<{ readonly lines: string[]; readonly code: number | null }> {
  const child = spawn(process.execPath, [join(folder, 'fan-out.js'), ...parameters], { stdio: ['ignore', 'pipe', 'inherit'] });
  onTestFinished(() => void child.kill('SIGKILL'));
  let said = '';
  child.stdout.on('data', (chunk: Buffer) => (said += chunk.toString()));
  const [code] = (await once(child, 'close')) as [number | null];
  return { lines: said.trimEnd().split('\n'), code };
}

test('every example is tested here, and has at most 80 lines', () => {
  expect(Object.keys(lengths())).toEqual(['fan-out.ts']);
  for (const length of Object.values(lengths())) expect(length).toBeLessThanOrEqual(80);
});

test('the fan-out fetcher asks many servers, never more than 64 at a time, and tells of the one that is not there', async () => {
  let open = 0;
  let most = 0;
  const server = createServer((_request, response) => void setTimeout(() => response.end('x'.repeat(70_000)), 20));
  server.on('connection', (socket) => {
    open += 1;
    most = Math.max(most, open);
    socket.once('close', () => (open -= 1));
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const gone = createPlainServer();
  await once(gone.listen(0, '127.0.0.1'), 'listening');
  const closedPort = (gone.address() as AddressInfo).port;
  await new Promise((resolve) => gone.close(resolve));
  const good = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  const all = await run(...Array.from({ length: 300 }, () => good));
  expect(all.code).toBe(0);
  expect(all.lines.length).toBe(300);
  for (const line of all.lines) expect(line).toMatch(new RegExp(`^${good}: HTTP/1.1 200 OK, 70\\d{3} bytes$`));
  expect(most).toBeGreaterThan(16);
  // One that this side has left may be seen as open a moment longer.
  expect(most).toBeLessThanOrEqual(128);
  const some = await run(good, `127.0.0.1:${closedPort}`, good);
  expect(some.code).toBe(1);
  expect(some.lines.filter((line) => line.includes('200 OK')).length).toBe(2);
  expect(some.lines).toContainEqual(expect.stringMatching(`^127.0.0.1:${closedPort}: error: .*nothing listens there`));
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
}, 60_000);
