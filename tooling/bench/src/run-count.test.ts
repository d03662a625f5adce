import { expect, it } from 'vitest';
import { encodeRun, MessageCount, RunCount } from './run-count.ts';

it.each([[1], [3], [8], [9], [100]])('a run that comes in chunks of %i bytes is over with its last byte, and the next one begins', (size) => {
  const run = new RunCount();
  for (const bytes of [0, 1, 50]) {
    const wire = new Uint8Array([...encodeRun(bytes), ...new Uint8Array(bytes)]);
    const answers: boolean[] = [];
    for (let at = 0; at < wire.length; at += size) answers.push(run.isOver(wire.subarray(at, at + size)));
    expect(answers.pop()).toBe(true);
    expect(answers).not.toContain(true);
  }
});

it('messages are counted until the last one, which is not, and then anew', () => {
  const run = new MessageCount();
  const answers = [5, 5, 5, 1, 5, 1].map((length) => run.take(length));
  expect(answers.map((answer) => (answer === undefined ? undefined : new TextDecoder().decode(answer)))).toEqual([undefined, undefined, undefined, '3', undefined, '1']);
});
