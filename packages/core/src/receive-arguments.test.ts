import { bytes, rejection, text } from '@sock/testkit';
import { expect, test } from 'vitest';
import { memoryPair } from './memory.ts';

const WRONG: readonly (readonly [string, unknown])[] = [
  ['undefined', undefined], ['null', null], ['a number', 5], ['text', 'abc'], ['an object', {}], ['wider numbers', new Uint16Array(4)], ['a list', ['abc']], ['a view', new DataView(new ArrayBuffer(4))],
];

test.each(WRONG)('a receive into %s is refused, typed, and loses no byte', async (_, wrong) => {
  const [left, right] = memoryPair();
  await left.send(bytes('whole'));
  await left.flush();
  for (const call of [() => right.tryRecv(wrong as never), () => right.tryRecvv(wrong as never), () => right.tryRecvv([new Uint8Array(1), wrong as never])]) {
    expect(call).toThrow(expect.objectContaining({ code: 'ERR_SOCK_ARGUMENT', category: 'usage' }));
  }
  for (const call of [right.recvInto(wrong as never), right.recvvInto(wrong as never), right.recvvInto([new Uint8Array(1), wrong as never])]) {
    expect(await rejection(call)).toMatchObject({ code: 'ERR_SOCK_ARGUMENT', message: expect.stringContaining('no ') });
  }
  expect(text(await right.recv() as Uint8Array)).toBe('whole');
  left.destroy();
});

test.each([['undefined', undefined], ['null', null], ['text', '5'], ['a list', [5]], ['half a byte', 0.5], ['a symbol', Symbol('five')], ['NaN', NaN]])('recvExactly of %s bytes is refused, and loses none', async (_, wrong) => {
  const [left, right] = memoryPair();
  await left.send(bytes('whole'));
  expect(await rejection(right.recvExactly(wrong as never))).toMatchObject({ code: 'ERR_SOCK_ARGUMENT', message: expect.stringContaining('whole number') });
  expect(text(await right.recvExactly(5))).toBe('whole');
  left.destroy();
});

test.each(WRONG)('nothing but bytes can be put back: %s is refused', async (_, wrong) => {
  const [left, right] = memoryPair();
  expect(() => right.unread(wrong as never)).toThrow(expect.objectContaining({ code: 'ERR_SOCK_ARGUMENT' }));
  right.unread(bytes('back'));
  expect(text(await right.recv() as Uint8Array)).toBe('back');
  left.destroy();
});

test('a list of what is no bytes is refused by sendvAll as by sendv', async () => {
  const [left] = memoryPair();
  for (const wrong of [[null], [undefined], null, 5]) expect(await rejection(left.sendvAll(wrong as never))).toMatchObject({ code: 'ERR_SOCK_ARGUMENT' });
  left.destroy();
});
