import { backoff } from '@sock/core/retry';
import { expect, test } from 'vitest';
import { DialBackoff } from './dial-backoff.ts';

const steady = backoff({ base: 50, max: 1000, jitter: 'none' });

test('each failure in a row makes the wait longer, and a success ends it', () => {
  const dial = new DialBackoff(steady, 1000);
  expect([dial.at, dial.failures]).toEqual([0, 0]);
  let now = 7;
  for (const wait of [50, 100, 200, 400, 800, 1000, 1000]) {
    dial.failed(now, now);
    expect(dial.at).toBe(now + wait);
    now = dial.at;
  }
  expect(dial.failures).toBe(7);
  dial.succeeded();
  expect([dial.at, dial.failures]).toEqual([0, 0]);
  dial.failed(now, now);
  expect(dial.at).toBe(now + 50);
});

test('dials that were under way together fail as one', () => {
  const dial = new DialBackoff(steady, 1000);
  for (let dials = 0; dials < 10; dials += 1) dial.failed(100, 100);
  dial.failed(149, 149);
  expect([dial.at, dial.failures]).toEqual([150, 1]);
  // Began before the wait, ended after it: a wait again, and no longer one.
  dial.failed(400, 149);
  expect([dial.at, dial.failures]).toEqual([450, 1]);
  dial.failed(500, 450);
  expect([dial.at, dial.failures]).toEqual([600, 2]);
});

test('the back-off is told of the wait before, and one that it cannot mean is the longest', () => {
  const asked: number[][] = [];
  const answers = [30, NaN, -1, Infinity, 5];
  const dial = new DialBackoff((failures, previousMs) => (asked.push([failures, previousMs]), answers.shift() as number), 1000);
  const at: number[] = [];
  for (let now = 0; answers.length > 0; now += 10_000) {
    dial.failed(now, now);
    at.push(dial.at - now);
  }
  dial.succeeded();
  answers.push(20);
  dial.failed(90_000, 90_000);
  expect(at).toEqual([30, 1000, 1000, 1000, 5]);
  expect(asked).toEqual([[1, 0], [2, 30], [3, 1000], [4, 1000], [5, 1000], [1, 0]]);
});
