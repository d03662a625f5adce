import { expect, test } from 'vitest';
import { isSocketError } from './index.ts';
import { memoryPair } from './memory.ts';

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const text = (chunk: Uint8Array | null): string => (chunk === null ? '<end>' : new TextDecoder().decode(chunk));

test('bytes arrive in order and the end comes after them', async () => {
  const [left, right] = memoryPair();
  await left.send(bytes('one '));
  await left.send(bytes('two'));
  await left.shutdown();
  expect(text(await right.recvExactly(7))).toBe('one two');
  expect(await right.recv()).toBeNull();
  await right.close();
  expect((await left.closed).how).toBe('local');
  expect((await right.closed).how).toBe('end');
});

test('sends of one turn leave as one chunk', async () => {
  const [left, right] = memoryPair();
  void left.send(bytes('a'));
  void left.send(bytes('b'));
  left.trySend(bytes('c'));
  expect(text(await right.recv())).toBe('abc');
  await Promise.all([left.close(), right.close()]);
});

test('a peer that does not read stops the sender, and a large send arrives whole', async () => {
  const [left, right] = memoryPair({ receiveQueueBytes: '4KiB', sendQueueBytes: '4KiB' });
  const big = Uint8Array.from({ length: 100_000 }, (_, index) => index % 251);
  const sent = left.send(big);
  const got = await right.recvExactly(big.length);
  await sent;
  expect(Buffer.compare(got, big)).toBe(0);
  await Promise.all([left.close(), right.close()]);
});

test('a destroyed side resets the other', async () => {
  const [left, right] = memoryPair();
  const waiting = right.recv();
  left.destroy();
  const error: unknown = await waiting.catch((reason: unknown) => reason);
  expect(isSocketError(error, 'ERR_SOCK_RESET')).toBe(true);
  expect((await right.closed).how).toBe('reset');
  expect((await left.closed).how).toBe('local');
});
