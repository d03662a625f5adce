import { appendFile, mkdtemp, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { assertSameBytes } from '@sock/testkit';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { FileError, SourceFile } from './source-file.ts';

let folder: string;
let path: string;
const content = Buffer.from(Array.from({ length: 600_000 }, (_, index) => (index * 31) >> 3));

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sock-demo-'));
  path = join(folder, 'sent.bin');
  await writeFile(path, content);
});

afterEach(async () => {
  await rm(folder, { recursive: true, force: true });
});

async function contentOf(file: SourceFile): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of file.chunks()) chunks.push(chunk);
  return Buffer.concat(chunks);
}

it('the chunks are the file, each a buffer of its own, as often as they are asked for', async () => {
  const file = await SourceFile.open(path);
  assertSameBytes(await contentOf(file), content);
  assertSameBytes(await contentOf(file), content);
  const again = file.chunks();
  const first = (await again.next()).value;
  const second = (await again.next()).value;
  await again.return();
  expect(first?.buffer).not.toBe(second?.buffer);
  await file.close();
});

it('an empty file has no chunks', async () => {
  await truncate(path);
  const file = await SourceFile.open(path);
  expect((await contentOf(file)).length).toBe(0);
  await file.close();
});

it('a file that is removed under way is sent to its end', async () => {
  const file = await SourceFile.open(path);
  await rm(path);
  assertSameBytes(await contentOf(file), content);
  expect(await file.changed()).toBe(false);
  await file.close();
});

it('a file that becomes shorter under way fails, and counts as changed', async () => {
  const file = await SourceFile.open(path);
  await truncate(path, 1000);
  await expect(contentOf(file)).rejects.toThrow(new FileError(`${path} became shorter while it was sent`));
  expect(await file.changed()).toBe(true);
  await file.close();
});

it('a file that grows under way counts as changed', async () => {
  const file = await SourceFile.open(path);
  await appendFile(path, 'more');
  expect(await file.changed()).toBe(true);
  await file.close();
});

it('a missing file and a folder are refused with the reason', async () => {
  await expect(SourceFile.open(join(folder, 'none'))).rejects.toThrow('there is no such file');
  await expect(SourceFile.open(folder)).rejects.toThrow('is a directory');
});
