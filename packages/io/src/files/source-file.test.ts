import { execFileSync } from 'node:child_process';
import { constants } from 'node:fs';
import { appendFile, mkdir, mkdtemp, open, readdir, readlink, rename, rm, truncate, unlink, utimes, writeFile } from 'node:fs/promises';
import type { Server } from 'node:net';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Socket } from '@sock/core';
import { memoryPair } from '@sock/core/memory';
import { assertSameBytes, bytes, leakGuard, pattern, rejection } from '@sock/testkit';
import { afterAll, afterEach, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { fileErrno } from './file-fault.ts';
import { sendfile } from './sendfile.ts';
import type { SendfileError } from './sendfile-error.ts';

leakGuard();

let folder = '';
let files = 0;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sock-sendfile-'));
});
afterAll(() => rm(folder, { recursive: true }));

const servers: Server[] = [];
// Registered after the guard, so that it runs before it.
afterEach(() => {
  for (const server of servers.splice(0)) server.close();
});

describe('a file that cannot be sent', () => {
  test.each([
    ['that is missing', (): string => 'nothing-here', 'ERR_SOCK_FILE_NOT_FOUND', 'there is no such file', 'ENOENT'],
    ['below a file', async (): Promise<string> => `${await fileOf(bytes('x'))}/below`, 'ERR_SOCK_FILE_NOT_FOUND', 'no directory', 'ENOTDIR'],
    ['that is a directory', (): Promise<string> => folderOf(), 'ERR_SOCK_FILE_KIND', 'a directory, no regular file: send its files one by one', undefined],
    ['that is a device', (): string => '/dev/null', 'ERR_SOCK_FILE_KIND', 'a device, no regular file', undefined],
    ['that the system makes up', (): string => '/proc/self/status', 'ERR_SOCK_FILE_KIND', 'readFile()', undefined],
    ['that is a FIFO', (): string => fifo(), 'ERR_SOCK_FILE_KIND', 'a FIFO, no regular file: it has no positions: socket.sendAll(createReadStream(path))', undefined],
    ['that is a socket', (): Promise<string> => unixSocket(), 'ERR_SOCK_FILE_KIND', 'a socket, no regular file', undefined],
  ] as const)('one %s is refused with its path, before a byte is sent', async (_which, make, code, words, errno) => {
    const path = await make();
    const before = await descriptors(path);
    const [left] = pair();
    const error = await rejection<SendfileError>(sendfile(left, path));
    expect(error).toMatchObject({ code, path, offset: 0, bytesMoved: 0, phase: 'send' });
    expect(error.message).toContain(words);
    expect(error.message).toContain(`"${path}"`);
    expect((error.cause as NodeJS.ErrnoException | undefined)?.code).toBe(errno);
    expect(left.stats.bytesSent).toBe(0);
    expect(await descriptors(path)).toBe(before);
    // The socket is as it was.
    expect(await sendfile(left, await fileOf(bytes('good')))).toMatchObject({ bytesSent: 4 });
  });

  test('a FIFO is not opened: its writer goes on waiting for a real reader', async () => {
    const path = fifo();
    const writer = open(path, constants.O_WRONLY);
    const [left] = pair();
    await rejection(sendfile(left, path));
    const reader = await open(path, constants.O_RDONLY);
    const handle = await writer;
    await handle.write('still there');
    expect((await reader.read(new Uint8Array(11), 0, 11, null)).bytesRead).toBe(11);
    await Promise.all([handle.close(), reader.close()]);
  });

  test('one that this process may not read is told from one that is missing', () => {
    expect(fileErrno(Object.assign(new Error('x'), { code: 'EACCES' }))).toMatchObject({ code: 'ERR_SOCK_FILE_ACCESS', category: 'access' });
    expect(fileErrno(Object.assign(new Error('x'), { code: 'EMFILE' }))).toMatchObject({ code: 'ERR_SOCK_RESOURCES', retryable: true });
  });

  test('a handle that is closed, or that is no regular file, is refused', async () => {
    const [left] = pair();
    const closed = await open(await fileOf(bytes('x')));
    await closed.close();
    expect(await rejection(sendfile(left, closed))).toMatchObject({ code: 'ERR_SOCK_FILE_READ', category: 'usage', path: undefined });
    const directory = await open(await folderOf());
    onTestFinished(() => directory.close());
    expect(await rejection(sendfile(left, directory))).toMatchObject({ code: 'ERR_SOCK_FILE_KIND' });
  });

  test('an offset or a length beyond its end is refused before a byte is sent; up to the end is fine', async () => {
    const path = await fileOf(bytes('0123456789'));
    const [left] = pair();
    for (const [wrong, words] of [[{ offset: 11 }, 'offset is beyond'], [{ offset: 4, length: 7 }, 'length can be 6 at most, and is 7']] as const) {
      const error = await rejection<SendfileError>(sendfile(left, path, wrong));
      expect(error).toMatchObject({ code: 'ERR_SOCK_FILE_TRUNCATED', bytesMoved: 0, offset: wrong.offset });
      expect(error.message).toContain(words);
    }
    expect(left.stats.bytesSent).toBe(0);
    expect(await sendfile(left, path, { offset: 4, length: 6 })).toMatchObject({ bytesSent: 6 });
  });
});

describe('a file that changes while it is sent', () => {
  /** Sends 200,000 bytes, does `change` when the first have arrived, and answers with the outcome and what arrived. */
  async function whileSending(change: (path: string) => Promise<unknown>): Promise<{ error: SendfileError | undefined; got: Uint8Array; content: Uint8Array; path: string }> {
    const content = pattern(200_000);
    const path = await fileOf(content);
    const [left, right] = pair({ sendQueueBytes: '16KiB', receiveQueueBytes: '16KiB' });
    const sending = sendfile(left, path, { chunkSize: '8KiB', maxInFlight: 2 }).then(() => undefined, (error: unknown) => error as SendfileError);
    const first = await right.recvExactly(10_000);
    await change(path);
    const rest = (async () => {
      const chunks = [first];
      for await (const chunk of right) chunks.push(chunk);
      return Buffer.concat(chunks);
    })();
    const error = await sending;
    await left.shutdown();
    return { error, got: await rest, content, path };
  }

  test('nothing happens to one that stays as it is', async () => {
    const { error, got, content } = await whileSending(() => Promise.resolve());
    expect(error).toBeUndefined();
    assertSameBytes(got, content);
  });

  test('one that is truncated: the error tells at which offset, and exactly those bytes have left', async () => {
    const { error, got, content, path } = await whileSending((at) => truncate(at, 120_001));
    expect(error).toMatchObject({ code: 'ERR_SOCK_FILE_TRUNCATED', path, offset: 120_001, bytesMoved: 120_001, category: 'protocol' });
    expect(error?.message).toContain(`"${path}"`);
    expect(error?.message).toContain('79999 bytes too early');
    assertSameBytes(got, content.subarray(0, 120_001));
  });

  test.each([
    ['is written to in place', (path: string) => overwrite(path), 'somebody wrote to it', 'same'],
    ['grows', (path: string) => appendFile(path, 'more'), 'its size went from 200000 to 200004 bytes', 'same'],
    ['gets another time', (path: string) => utimes(path, 1, 1), 'somebody wrote to it', 'same'],
    ['is replaced by another', (path: string) => replace(path), 'another file has taken its place', 'same'],
  ])('one that %s: all has left, and the error tells', async (_how, change, words) => {
    const { error, got, content, path } = await whileSending(change);
    expect(error).toMatchObject({ code: 'ERR_SOCK_FILE_CHANGED', path, offset: 200_000, bytesMoved: 200_000 });
    expect(error?.message).toContain(words);
    assertSameBytes(got, content);
  });

  test('one that is unlinked is sent whole', async () => {
    const { error, got, content } = await whileSending(unlink);
    expect(error).toBeUndefined();
    assertSameBytes(got, content);
  });
});

function pair(limits?: Parameters<typeof memoryPair>[0]): readonly [Socket, Socket] {
  const [left, right] = memoryPair(limits);
  onTestFinished(() => {
    left.destroy();
    right.destroy();
  });
  return [left, right];
}

function newPath(): string {
  files += 1;
  return join(folder, String(files));
}

async function fileOf(content: Uint8Array): Promise<string> {
  const path = newPath();
  await writeFile(path, content);
  // Older than anything that a test does to it, whatever the grain of the file system's clock.
  await utimes(path, 1_700_000_000, 1_700_000_000);
  return path;
}

async function folderOf(): Promise<string> {
  const path = newPath();
  await mkdir(path);
  return path;
}

function fifo(): string {
  const path = newPath();
  execFileSync('mkfifo', [path]);
  return path;
}

async function unixSocket(): Promise<string> {
  const path = newPath();
  const server = createServer();
  servers.push(server);
  await new Promise<void>((resolve) => void server.listen(path, () => resolve()));
  return path;
}

/** Writes, where it has been sent already, the same bytes again. */
async function overwrite(path: string): Promise<void> {
  const handle = await open(path, 'r+');
  await handle.write(pattern(4), 0, 4, 0);
  await handle.close();
}

async function replace(path: string): Promise<void> {
  await rename(await fileOf(bytes('another')), path);
}

/** How many descriptors of this process lead to `path`. */
async function descriptors(path: string): Promise<number> {
  const links = await Promise.all((await readdir('/proc/self/fd')).map((fd) => readlink(`/proc/self/fd/${fd}`).catch(() => '')));
  return links.filter((link) => link === path).length;
}
