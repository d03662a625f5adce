import { expect, it } from 'vitest';
import { encodeRun, RunCount } from './run-count.ts';

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
