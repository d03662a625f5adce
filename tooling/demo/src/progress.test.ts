import { expect, it, vi } from 'vitest';
import { Progress } from './progress.ts';

function written(isTTY: boolean, columns?: number): { progress: Progress; text: () => string } {
  let text = '';
  const progress = new Progress({ isTTY, columns, write: (more) => (text += more) });
  return { progress, text: () => text };
}

async function stepOf(milliseconds: number, progress: Progress): Promise<void> {
  vi.useFakeTimers();
  try {
    const step = progress.during('TLS, up', 100, () => 25, () => new Promise((resolve) => setTimeout(resolve, milliseconds)));
    await vi.advanceTimersByTimeAsync(milliseconds);
    await step;
    expect(vi.getTimerCount()).toBe(0);
  } finally {
    vi.useRealTimers();
  }
}

it('on a terminal there is one line, never wider than the terminal, that goes away', async () => {
  const { progress, text } = written(true, 40);
  progress.begin('checking', 100);
  await stepOf(250, progress);
  progress.clear();
  expect(text()).toContain('checking  ━━━━━━──────');
  expect(text()).not.toContain('\n');
  for (const line of text().split('\r\u001B[K')) expect(line.length).toBeLessThan(40);
  expect(text().endsWith('\r\u001B[K')).toBe(true);
});

it('elsewhere there is a line per phase, and one every few seconds', async () => {
  const { progress, text } = written(false);
  progress.begin('checking', 100);
  await stepOf(11_000, progress);
  progress.clear();
  expect(text().split('\n')).toEqual(['  checking …', expect.stringMatching(/25 % .* TLS, up …/), expect.stringMatching(/25 %/), '']);
});
