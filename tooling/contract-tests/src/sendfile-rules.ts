import { mkdtemp, open, readdir, readlink, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Socket } from '@sock/core';
import type { SendfileError } from '@sock/io/files';
import { sendfile } from '@sock/io/files';
import { assertSameBytes, bytes, pattern, rejection, text, turns, until } from '@sock/testkit';
import { expect, onTestFinished, test } from 'vitest';
import type { Kit } from './socket-pair.ts';
import { readAll } from './watch.ts';

const KIB = 1024;

/** What a file that is sent can rely on, over whatever carries it: every byte once, in order, and an exact place to go on from. */
export function sendfileRules(kit: Kit): void {
  const small = { sendQueueBytes: '16KiB', receiveQueueBytes: '16KiB' } as const;
  /** More than everything on the way can hold. */
  const large = kit.capabilities.inFlightBytes + 1024 * KIB;

  test('a file arrives whole, between what is sent before and after it', async () => {
    const { a, b } = await kit.open();
    const content = pattern(700_001);
    const path = await fileOf(content);
    const reading = b.recvExactly(content.length + 2);
    await a.send(bytes('<'));
    expect(await sendfile(a, path, { chunkSize: '64KiB' })).toEqual({ bytesSent: 700_001, offset: 700_001, size: 700_001 });
    expect(a.stats.sendQueueBytes).toBe(0);
    await a.send(bytes('>'));
    assertSameBytes(await reading, Buffer.concat([bytes('<'), content, bytes('>')]));
    expect(await descriptors(path)).toBe(0);
  });

  test('offset 0 is the beginning of the file, wherever a handle stands, and the handle stays where it stood, and open', async () => {
    const { a, b } = await kit.open();
    const content = pattern(30_000);
    const path = await fileOf(content);
    const file = await open(path);
    onTestFinished(() => file.close());
    await file.read(new Uint8Array(1000), 0, 1000, null);
    expect(await sendfile(a, file, { offset: 0, length: 5000 })).toMatchObject({ bytesSent: 5000, offset: 5000 });
    assertSameBytes(await b.recvExactly(5000), content.subarray(0, 5000));
    expect(await sendfile(a, file, { offset: 20_000 })).toEqual({ bytesSent: 10_000, offset: 30_000, size: 30_000 });
    assertSameBytes(await b.recvExactly(10_000), content.subarray(20_000));
    const next = Buffer.alloc(10);
    await file.read(next, 0, 10, null);
    assertSameBytes(next, content.subarray(1000, 1010));
  });

  test('one that is cancelled again and again, and goes on at its offset, arrives exactly once', async () => {
    const { a, b } = await kit.open(small);
    const content = pattern(1_500_000);
    const path = await fileOf(content);
    const reading = slowly(b, content.length);
    let offset = 0;
    let cancelled = 0;
    for (let over = false; !over; ) {
      const controller = new AbortController();
      // Between a chunk and the next, or in the middle of both. Later and later: where the disk is slow, a read takes many turns, and none would ever end.
      void turns((cancelled % 7) + Math.floor(cancelled / 20)).then(() => controller.abort(new Error('enough')));
      try {
        ({ offset } = await sendfile(a, path, { offset, chunkSize: cancelled % 2 === 0 ? '32KiB' : 5000, signal: controller.signal }));
        over = true;
      } catch (error) {
        const stopped = error as SendfileError;
        expect(stopped).toMatchObject({ code: 'ERR_SOCK_ABORTED', path, bytesMoved: stopped.offset - offset });
        expect((stopped.cause as Error).message).toBe('enough');
        offset = stopped.offset;
        cancelled += 1;
      }
    }
    expect(cancelled).toBeGreaterThan(3);
    expect(offset).toBe(content.length);
    assertSameBytes(await reading, content);
    expect(await descriptors(path)).toBe(0);
  });

  test('a peer that does not read stops the reads: no more is on the way than the queue, a chunk and the buffers', async () => {
    const { a, b } = await kit.open(small);
    const content = pattern(large);
    const path = await fileOf(content);
    const error = await rejection<SendfileError>(sendfile(a, path, { timeout: 300, chunkSize: '32KiB', maxInFlight: 3 }));
    expect(error).toMatchObject({ code: 'ERR_SOCK_TIMEOUT', path, bytesMoved: error.offset });
    expect(error.offset).toBeLessThan(large - 100 * KIB);
    // However often somebody tries in vain, what waits in memory does not grow: a chunk at most is taken each time there is room.
    let { offset } = error;
    for (let round = 0; round < 5; round += 1) ({ offset } = await rejection<SendfileError>(sendfile(a, path, { offset, timeout: 10, chunkSize: '32KiB' })));
    expect(offset - a.stats.bytesSent).toBeLessThanOrEqual(32 * KIB);
    expect(a.stats.sendQueueBytes).toBeLessThanOrEqual(16 * KIB);
    const rest = readAll(b);
    await sendfile(a, path, { offset });
    await a.shutdown();
    assertSameBytes(await rest, content);
  });

  test('a shutdown by somebody else ends it, and what arrives is exactly what it tells', async () => {
    const { a, b } = await kit.open(small);
    const content = pattern(large);
    const path = await fileOf(content);
    const sending = rejection<SendfileError>(sendfile(a, path, { onProgress: ({ bytesSent }) => void (bytesSent > 100_000 && a.shutdown()) }));
    const got = await readAll(b);
    const error = await sending;
    expect(error).toMatchObject({ code: 'ERR_SOCK_CLOSED', path, bytesMoved: got.length, offset: got.length });
    expect(error.message).toContain('this side has already ended the stream');
    expect(got.length).toBeGreaterThan(100_000);
    assertSameBytes(got, content.subarray(0, got.length));
    expect(await descriptors(path)).toBe(0);
  });

  test.each([
    ['is destroyed', (a: Socket) => a.destroy(new Error('no more')), /^ERR_SOCK_CLOSED$/],
    ['loses its peer', (_a: Socket, b: Socket) => b.destroy(), /^ERR_SOCK_(CLOSED|RESET)$/],
  ])('a socket that %s ends the reads at once and leaves no file open', async (_how, end, code) => {
    const { a, b } = await kit.open(small);
    const path = await fileOf(pattern(large));
    const sending = rejection<SendfileError>(sendfile(a, path));
    await b.recvExactly(50_000);
    await until(() => a.stats.sendQueueBytes > 0, 'something waits to be sent');
    end(a, b);
    const error = await sending;
    expect(error.code).toMatch(code);
    expect(error).toMatchObject({ path, phase: 'send', bytesMoved: error.offset });
    expect(error.offset).toBeGreaterThanOrEqual(50_000);
    expect(await descriptors(path)).toBe(0);
    // And a twin: the file as such was fine, and the next attempt never opens it.
    expect(await rejection<SendfileError>(sendfile(a, path))).toMatchObject({ bytesMoved: 0, offset: 0 });
  });

  test('a part, an empty file and an empty part send exactly that', async () => {
    const { a, b } = await kit.open();
    const path = await fileOf(bytes('0123456789'));
    expect(await sendfile(a, path, { offset: 3, length: 4 })).toEqual({ bytesSent: 4, offset: 7, size: 10 });
    expect(await sendfile(a, path, { offset: 10 })).toEqual({ bytesSent: 0, offset: 10, size: 10 });
    expect(await sendfile(a, await fileOf(bytes('')))).toEqual({ bytesSent: 0, offset: 0, size: 0 });
    await a.shutdown();
    expect(text(await readAll(b))).toBe('3456');
  });
}

/** A file with this content, which is gone after the test. */
async function fileOf(content: Uint8Array): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'sock-sendfile-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  const path = join(folder, 'file');
  await writeFile(path, content);
  return path;
}

/** How many descriptors of this process lead to `path`. */
async function descriptors(path: string): Promise<number> {
  const links = await Promise.all((await readdir('/proc/self/fd')).map((fd) => readlink(`/proc/self/fd/${fd}`).catch(() => '')));
  return links.filter((link) => link === path).length;
}

/** Reads with a rest now and then, so that the sender has to wait. */
async function slowly(socket: Socket, length: number): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  for (let count = 0; count < length; ) {
    const chunk = (await socket.recv()) as Uint8Array;
    chunks.push(chunk);
    count += chunk.length;
    await turns(2);
  }
  return Buffer.concat(chunks);
}
