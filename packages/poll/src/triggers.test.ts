import { readFileSync } from 'node:fs';
import type { Pollable } from '@sock/core';
import { describe, expect, test } from 'vitest';
import { createPoll, HANGUP, READABLE } from './index.ts';

/** A pollable with bytes that the test counts. */
class Bytes implements Pollable {
  ready = 0;
  #tell: (ready: number) => void = () => {};

  onReady(listener: (ready: number) => void): () => void {
    this.#tell = listener;
    return () => void (this.#tell = () => {});
  }

  become(ready: number): void {
    this.ready = ready;
    this.#tell(ready);
  }
}

/** What the first column of the table of the README does. Each row is followed by a wait. */
const STEPS: Readonly<Record<string, (bytes: Bytes, poll: ReturnType<typeof createPoll<Bytes>>, how: Parameters<ReturnType<typeof createPoll<Bytes>>['add']>[3]) => void>> = {
  'bytes wait when it is added': (bytes, poll, how) => {
    bytes.ready = READABLE;
    poll.add(bytes, READABLE, undefined, how);
  },
  'nothing happens; the bytes are still there': () => {},
  'more bytes come to those': (bytes) => bytes.become(READABLE),
  'all bytes are read': (bytes) => void (bytes.ready = 0),
  'bytes come': (bytes) => bytes.become(READABLE),
  'bytes come, and are read before the wait': (bytes) => {
    bytes.become(READABLE);
    bytes.ready = 0;
  },
  '`modify`, with or without a change': (bytes, poll) => poll.modify(bytes, {}),
  '`modify({ remove: READABLE })`': (bytes, poll) => poll.modify(bytes, { remove: READABLE }),
  '`modify({ add: READABLE })`': (bytes, poll) => poll.modify(bytes, { add: READABLE }),
  'it closes': (bytes) => bytes.become(READABLE | HANGUP),
  'nothing happens after the close': () => {},
};

const page = readFileSync(new URL('../README.md', import.meta.url), 'utf8');
const cellsOf = (line: string): string[] => line.slice(1, -1).split('|').map((cell) => cell.trim());
const [, below = ''] = page.split('\n| what happens, in this order |');
const [head = '', , ...lines] = (below.split('\n\n')[0] ?? '').split('\n');
const rows = lines.map(cellsOf);

describe('the table of triggers in the README is what a poll does', () => {
  test('it was found, and each step stands in it', () => {
    expect(cellsOf(`|${head}`)).toEqual(['`level`', '`edge`', '`level`, `oneShot`', '`edge`, `oneShot`']);
    expect(new Set(rows.map(([step]) => step))).toEqual(new Set(Object.keys(STEPS)));
  });

  test.each([
    [1, 'level', false],
    [2, 'edge', false],
    [3, 'level', true],
    [4, 'edge', true],
  ] as const)('column %i: %s, one-shot %s', async (column, trigger, oneShot) => {
    using poll = createPoll<Bytes>();
    const bytes = new Bytes();
    for (const cells of rows) {
      const [step = ''] = cells;
      STEPS[step]?.(bytes, poll, { trigger, oneShot });
      const told = (await poll.wait({ timeout: 0 })).map(({ events }) => ({ [READABLE]: '`READABLE`', [HANGUP | READABLE]: '`READABLE HANGUP`' })[events]);
      expect([step, told.join() || '–']).toEqual([step, cells[column]]);
    }
  });
});
