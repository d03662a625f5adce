import { leakGuard } from '@sock/testkit';
import { expect, test } from 'vitest';
import { observers } from './observers.ts';
import { world } from './pool-events.test-d.ts';
import { recorders } from './recorders.ts';

leakGuard();

test('joined observers hear of every event in their order, and what one throws is kept from the others', async () => {
  const heard: string[] = [];
  const observer = observers(
    { acquired: ({ key }) => {
      heard.push(`first ${key}`);
      throw new Error('a watcher that fails');
    } },
    {},
    observers({ acquired: ({ waitMs }) => heard.push(`second ${waitMs}`), released: () => heard.push('released') }),
  );
  const it = world({ observer });
  await it.idle();
  expect(heard).toEqual(['first memory a', 'second 0', 'released']);
  it.end();
});

test('an event to which none of them listens has no listener, and one who begins to listen is heard', () => {
  const late: { acquired?: () => void } = {};
  const one = observers({ released: () => {} }, late);
  expect([one.acquired, one.evicted, typeof one.released]).toEqual([undefined, undefined, 'function']);
  let calls = 0;
  late.acquired = () => (calls += 1);
  one.acquired?.({ key: 'a', connection: 1, waitMs: 0, reused: false });
  expect(calls).toBe(1);
  expect(observers().acquired).toBe(undefined);
});

test('joined recorders get every time that each of them takes, whatever others throw', async () => {
  const taken: string[] = [];
  const one = (name: string) => ({ record: (nanoseconds: number) => void taken.push(`${name} ${nanoseconds}`) });
  const alone = one('use');
  const failing = { record: () => {
    throw new Error('a recorder that fails');
  } };
  const joined = recorders({ wait: one('first') }, { wait: failing }, {}, { wait: one('second'), use: alone });
  expect([joined.create, joined.use === alone]).toEqual([undefined, true]);
  const it = world({ recorders: joined });
  await it.idle();
  expect(taken).toEqual(['first 1', 'second 1', 'use 1']);
  it.end();
});
