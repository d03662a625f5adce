import type { FileHandle } from 'node:fs/promises';
import { mkdtemp, open, readdir, readlink, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Socket } from '@sock/core';
import { isSocketError } from '@sock/core';
import { memoryPair } from '@sock/core/memory';
import { assertSameBytes, bytes, leakGuard, pattern, rejection, text, turns, until } from '@sock/testkit';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { sendfile } from './sendfile.ts';
import type { SendfileError } from './sendfile-error.ts';
import type { SendfileOptions, SendfileProgress } from './sendfile-options.ts';

leakGuard();

let folder = '';
let files = 0;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sock-sendfile-'));
});
afterAll(() => rm(folder, { recursive: true }));

describe('what is sent', () => {
  test('a path, a file URL and a handle are the same file', async () => {
    const path = await fileOf(bytes('content'));
    const handle = await open(path);
    onTestFinished(() => handle.close());
    for (const file of [path, pathToFileURL(path), handle]) {
      const [left, right] = pair();
      expect(await sendfile(left, file)).toEqual({ bytesSent: 7, offset: 7, size: 7 });
      expect(text(await right.recvExactly(7))).toBe('content');
    }
    expect(handle.fd).toBeGreaterThan(0);
  });

  test('a symbolic link stands for what it leads to', async () => {
    const path = await fileOf(bytes('content'));
    await symlink(path, `${path}-link`);
    const [left, right] = pair();
    await sendfile(left, `${path}-link`);
    expect(text(await right.recvExactly(7))).toBe('content');
  });

  test('reads are by position, each byte once, also when the system reads less than it was asked for, and in any order', async () => {
    const content = pattern(100_000);
    const positions: (number | null)[] = [];
    const file = fakeHandle(content, {
      read: async (target, at, length, position) => {
        positions.push(position);
        // The first of two reads is the later one to finish.
        await turns(positions.length % 2 === 1 ? 5 : 1);
        const count = Math.min(length, 1 + (positions.length * 7919) % 9000, content.length - (position as number));
        target.set(content.subarray(position as number, (position as number) + count), at);
        return count;
      },
    });
    const [left, right] = pair();
    const reading = right.recvExactly(content.length);
    await sendfile(left, file, { chunkSize: '8KiB' });
    assertSameBytes(await reading, content);
    expect(positions.every((position) => typeof position === 'number')).toBe(true);
    expect(positions[0]).toBe(0);
  });

  test('reads go on while writes wait, with no more buffers than maxInFlight, and no more memory than those', async () => {
    const buffers = new Set<ArrayBufferLike>();
    let most = 0;
    const content = pattern(400_000);
    const file = fakeHandle(content, {
      read: async (target, at, length, position) => {
        buffers.add(target.buffer);
        most = Math.max(most, target.buffer.byteLength);
        target.set(content.subarray(position as number, (position as number) + length), at);
        return await Promise.resolve(Math.min(length, content.length - (position as number)));
      },
    });
    const [left, right] = pair({ sendQueueBytes: '32KiB', receiveQueueBytes: '32KiB' });
    const sending = sendfile(left, file, { chunkSize: '32KiB', maxInFlight: 3 });
    await until(() => buffers.size === 3, 'all buffers are filled though nobody reads');
    assertSameBytes(await right.recvExactly(content.length), content);
    await sending;
    expect([buffers.size, most]).toEqual([3, 32 * 1024]);
  });

  test('a file smaller than a chunk takes a buffer of its own size', async () => {
    let size = 0;
    const file = fakeHandle(bytes('0123456789'), {
      read: async (target, at, length, position) => {
        size = target.buffer.byteLength;
        target.set(bytes('0123456789').subarray(position as number, (position as number) + length), at);
        return await Promise.resolve(length);
      },
    });
    const [left] = pair();
    await sendfile(left, file, { chunkSize: '16MiB' });
    expect(size).toBe(10);
  });

  test('onProgress tells how far it came, up to the end', async () => {
    const [left, right] = pair();
    const seen: SendfileProgress[] = [];
    const reading = right.recvExactly(90_000);
    await sendfile(left, await fileOf(pattern(100_000)), { offset: 10_000, chunkSize: '20KiB', onProgress: (progress) => void seen.push(progress) });
    await reading;
    expect(seen.map(({ bytesSent }) => bytesSent)).toEqual([20_480, 40_960, 61_440, 81_920, 90_000]);
    expect(seen.every(({ bytesSent, offset, length }) => offset === bytesSent + 10_000 && length === 90_000)).toBe(true);
  });

  test('what onProgress throws stops it, and is the cause', async () => {
    const [left, right] = pair();
    const cause = new Error('seen enough');
    const error = await rejection<SendfileError>(sendfile(left, await fileOf(pattern(200_000)), { chunkSize: '20KiB', onProgress: () => { throw cause; } }));
    expect(error).toMatchObject({ code: 'ERR_SOCK_ABORTED', cause });
    expect(error.message).toContain('onProgress threw');
    expect((await right.recvExactly(error.bytesMoved)).length).toBeGreaterThanOrEqual(20_480);
  });

  test('any part, in any chunks, cancelled at any moment, and gone on with at its offset, is exactly that part', async () => {
    const content = pattern(300_000);
    const path = await fileOf(content);
    const handle = await open(path);
    onTestFinished(() => handle.close());
    const attempt = fc.record({
      // So many bytes have reached the peer when it is cancelled; some are more than there are.
      after: fc.integer({ min: 0, max: 120_000 }),
      chunkSize: fc.integer({ min: 4096, max: 90_000 }),
      maxInFlight: fc.integer({ min: 1, max: 5 }),
      how: fc.constantFrom('signal', 'timeout', 'progress'),
      byHandle: fc.boolean(),
    });
    const plan = fc.record({ from: fc.integer({ min: 0, max: content.length }), part: fc.integer({ min: 0, max: content.length }), queue: fc.integer({ min: 4096, max: 60_000 }), attempts: fc.array(attempt, { maxLength: 6 }) });
    await fc.assert(fc.asyncProperty(plan, async ({ from, part, queue, attempts }) => {
      const end = Math.min(content.length, from + part);
      const [left, right] = memoryPair({ sendQueueBytes: queue, receiveQueueBytes: queue });
      const got: Uint8Array[] = [];
      let count = 0;
      let onBytes = (): void => {};
      const reading = (async () => {
        for await (const chunk of right) {
          got.push(chunk);
          count += chunk.length;
          onBytes();
          await turns(1);
        }
      })();
      let offset = from;
      for (const { after, chunkSize, maxInFlight, how, byHandle } of attempts) {
        const controller = new AbortController();
        const target = count + after;
        onBytes = () => void (how === 'signal' && count >= target && controller.abort());
        const options: SendfileOptions = {
          offset, length: end - offset, chunkSize, maxInFlight, signal: controller.signal,
          ...(how === 'timeout' ? { timeout: after % 5 } : {}),
          ...(how === 'progress' ? { onProgress: ({ bytesSent }: SendfileProgress) => { if (bytesSent >= after) throw new Error('enough'); } } : {}),
        };
        try {
          ({ offset } = await sendfile(left, byHandle ? handle : path, options));
        } catch (error) {
          const stopped = error as SendfileError;
          expect(isSocketError(stopped)).toBe(true);
          expect(stopped.bytesMoved).toBe(stopped.offset - offset);
          offset = stopped.offset;
        }
      }
      onBytes = () => {};
      const last = await sendfile(left, path, { offset, length: end - offset });
      expect(last.offset).toBe(end);
      await left.shutdown();
      await reading;
      assertSameBytes(Buffer.concat(got), content.subarray(from, end));
      right.destroy();
      left.destroy();
    }), { numRuns: 150 });
  }, 60_000);
});

describe('the call itself', () => {
  test('a read that fails in the middle: what was read before it has left, and the error says up to where', async () => {
    const content = pattern(100_000);
    const broken = Object.assign(new Error('EIO: i/o error, read'), { code: 'EIO' });
    const file = fakeHandle(content, {
      read: async (target, at, length, position) => {
        if ((position as number) >= 40_960) throw broken;
        target.set(content.subarray(position as number, (position as number) + length), at);
        return await Promise.resolve(length);
      },
    });
    const [left, right] = pair();
    const error = await rejection<SendfileError>(sendfile(left, file, { chunkSize: 8192 }));
    expect(error).toMatchObject({ code: 'ERR_SOCK_FILE_READ', offset: 40_960, bytesMoved: 40_960, cause: broken });
    await left.shutdown();
    assertSameBytes(await right.recvExactly(40_960), content.subarray(0, 40_960));
    expect(await right.recv()).toBeNull();
  });

  test.each([
    [{ chunk: 5 }, 'ERR_SOCK_CONFIG', /chunk.*chunkSize/s],
    [{ chunkSize: '1KiB' }, 'ERR_SOCK_CONFIG', /sendfile\.chunkSize.*4KiB to 16MiB/],
    [{ maxInFlight: 0 }, 'ERR_SOCK_CONFIG', /sendfile\.maxInFlight.*1 to 64/],
    [{ offset: -1 }, 'ERR_SOCK_CONFIG', /sendfile\.offset/],
    [{ length: 1.5 }, 'ERR_SOCK_CONFIG', /sendfile\.length/],
    [{ timeout: 'soon' }, 'ERR_SOCK_CONFIG', /duration/],
    [{ onProgress: 5 }, 'ERR_SOCK_ARGUMENT', /onProgress is number, no function/],
  ])('the option %j is refused', async (options, code, words) => {
    const [left] = pair();
    const error = await rejection(sendfile(left, await fileOf(bytes('x')), options as never));
    expect(error.code).toBe(code);
    expect(error.message).toMatch(words);
    expect(left.stats.bytesSent).toBe(0);
  });

  test.each([[undefined, 'undefined'], [null, 'null'], ['', 'an empty path'], ['a\0b', 'a path with a NUL'], [5, 'number'], [new URL('http://localhost/x'), 'the URL http://localhost/x'], [{}, 'object']])('%j is no file', async (file, words) => {
    const [left] = pair();
    const error = await rejection(sendfile(left, file as never));
    expect(error.code).toBe('ERR_SOCK_ARGUMENT');
    expect(error.message).toContain(`sendfile got ${words} as its file`);
  });

  test('a signal that has fired opens no file', async () => {
    const path = await fileOf(bytes('x'));
    const [left] = pair();
    expect(await rejection<SendfileError>(sendfile(left, path, { signal: AbortSignal.abort('why') }))).toMatchObject({ code: 'ERR_SOCK_ABORTED', cause: 'why', path, bytesMoved: 0 });
    expect(left.stats.bytesSent).toBe(0);
    expect(await descriptors(path)).toBe(0);
  });

  test('a socket that has ended is told without looking at the file', async () => {
    const [left] = pair();
    await left.shutdown();
    const error = await rejection<SendfileError>(sendfile(left, 'nothing-here'));
    expect(error).toMatchObject({ code: 'ERR_SOCK_CLOSED', path: 'nothing-here' });
    expect(isSocketError(error.cause, 'ERR_SOCK_CLOSED')).toBe(true);
  });

  test('a file system that hangs does not hold up a cancelled call for long', async () => {
    let release = (): void => {};
    const hanging = new Promise<void>((resolve) => {
      release = resolve;
    });
    const file = fakeHandle(pattern(50_000), { read: async () => { await hanging; return 0; } });
    const [left] = pair();
    const error = await rejection<SendfileError>(sendfile(left, file, { timeout: 20 }));
    expect(error).toMatchObject({ code: 'ERR_SOCK_TIMEOUT', bytesMoved: 0 });
    release();
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

async function fileOf(content: Uint8Array): Promise<string> {
  files += 1;
  const path = join(folder, String(files));
  await writeFile(path, content);
  return path;
}

/** How many descriptors of this process lead to `path`. */
async function descriptors(path: string): Promise<number> {
  const links = await Promise.all((await readdir('/proc/self/fd')).map((fd) => readlink(`/proc/self/fd/${fd}`).catch(() => '')));
  return links.filter((link) => link === path).length;
}

interface Faking {
  read(target: Uint8Array, at: number, length: number, position: number | null): Promise<number>;
}

/** A handle of a regular file whose reads are the test's own. */
function fakeHandle(content: Uint8Array, { read }: Faking): FileHandle {
  const stats = { isFile: () => true, size: BigInt(content.length), mtimeNs: 1n, ino: 1n, dev: 1n };
  const fake = {
    fd: 99,
    stat: () => Promise.resolve(stats),
    read: async (target: Uint8Array, at: number, length: number, position: number | null) => ({ bytesRead: await read(target, at, length, position), buffer: target }),
  };
  return fake as unknown as FileHandle;
}
