import { expect, it } from 'vitest';
import { run } from './child.mjs';

const place = { root: process.cwd(), env: process.env };
const node = (code: string): Promise<number> => run(process.execPath, ['-e', code], place);

it('the exit code of the command is the answer', async () => {
  expect(await node('process.exit(7)')).toBe(7);
});

it('a command ended by a signal answers 128 and its number', async () => {
  expect(await node('process.kill(process.pid, "SIGTERM")')).toBe(143);
});

it('a signal for us reaches the command, which ends in its own way', async () => {
  const { pid } = process;
  expect(await node(`process.on('SIGTERM', () => process.exit(9)); process.kill(${pid}, 'SIGTERM'); setInterval(() => {}, 1000)`)).toBe(9);
});

it('no signal listener stays behind', async () => {
  const before = process.listenerCount('SIGINT');
  await node('');
  expect(process.listenerCount('SIGINT')).toBe(before);
});

it('a command that does not exist is an error that names it', async () => {
  await expect(run('no-such-command', [], place)).rejects.toThrow('Could not start no-such-command');
});
