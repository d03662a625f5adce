import { expect, it } from 'vitest';
import { command, succeed } from './command.ts';

const cwd = process.cwd();

it('what a command prints is kept, with its exit code', async () => {
  expect(await command(process.execPath, ['-e', 'console.log("out"); process.exit(3)'], { cwd })).toEqual({ code: 3, output: 'out\n', timedOut: false });
});

it('a command that does not end is ended', async () => {
  expect(await command(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { cwd, timeoutMs: 200 })).toMatchObject({ code: -1, timedOut: true });
});

it('a command that has to succeed throws what it printed', async () => {
  await expect(succeed(process.execPath, ['-e', 'console.error("the reason"); process.exit(1)'], { cwd })).rejects.toThrow('the reason');
});
