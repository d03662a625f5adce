import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createServer as createPlainServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { leakGuard } from '@sock/testkit';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';

leakGuard();

const root = fileURLToPath(new URL('../../..', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'sock-async-examples-'));

// As a user has them: compiled against what the packages publish, in a folder that knows nothing of the workspace.
beforeAll(() => {
  mkdirSync(join(folder, 'node_modules', '@sock'), { recursive: true });
  for (const name of ['async', 'config', 'core', 'io']) symlinkSync(join(root, 'packages', name), join(folder, 'node_modules', '@sock', name));
  const modules = join(root, 'tooling', 'integration', 'node_modules');
  symlinkSync(join(modules, '@types'), join(folder, 'node_modules', '@types'));
  cpSync(join(root, 'packages', 'async', 'examples'), folder, { recursive: true });
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ private: true, type: 'module' }));
  writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify({
    compilerOptions: { strict: true, target: 'ES2022', module: 'NodeNext', lib: ['ES2023', 'ESNext.Disposable'], types: ['node'], skipLibCheck: true },
    include: ['*.ts'],
  }));
  execFileSync(process.execPath, [join(modules, 'typescript', 'bin', 'tsc'), '--pretty', 'false'], { cwd: folder, stdio: 'inherit' });
}, 60_000);

afterAll(() => rmSync(folder, { recursive: true }));

async function run(...parameters: string[]): Promise<{ readonly lines: string[]; readonly code: number | null }> {
  const child = spawn(process.execPath, [join(folder, 'fan-out.js'), ...parameters], { stdio: ['ignore', 'pipe', 'inherit'] });
  onTestFinished(() => void child.kill('SIGKILL'));
  let said = '';
  child.stdout.on('data', (chunk: Buffer) => (said += chunk.toString()));
  const [code] = (await once(child, 'close')) as [number | null];
  return { lines: said.trimEnd().split('\n'), code };
}

test('every example is tested here, and has at most 80 lines', () => {
  const names = readdirSync(join(root, 'packages', 'async', 'examples'));
  expect(names).toEqual(['fan-out.ts']);
  for (const name of names) expect(readFileSync(join(folder, name), 'utf8').trimEnd().split('\n').length, name).toBeLessThanOrEqual(80);
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
