import { expect, it } from 'vitest';
import { parseDemoArguments, UsageError } from './arguments.ts';

it('the defaults are the node binary and four connections', () => {
  expect(parseDemoArguments([])).toEqual({ file: process.execPath, connections: 4 });
});

it.each([
  [['--file', 'a b.bin', '--connections', '256']],
  [['--connections=256', '--file=a b.bin']],
  [['--', '--connections=256', '--file=a b.bin']],
])('%j is understood', (args) => {
  expect(parseDemoArguments(args)).toEqual({ file: 'a b.bin', connections: 256 });
});

it('--help wins over everything beside it', () => {
  expect(parseDemoArguments(['--connections', '3', '--help'])).toBe('help');
});

it.each([
  [['--flie', 'x'], 'there is no option --flie; did you mean --file?'],
  [['--conections=3'], 'there is no option --conections; did you mean --connections?'],
  [['-z'], 'there is no option -z'],
  [['notes.txt'], '"notes.txt" is no option; a file is given with --file notes.txt'],
  [['--file'], '--file needs a value'],
  [['--file='], '--file needs a value'],
  [['--file', 'a', '--file', 'b'], '--file is given twice'],
  [['--connections', '0'], 'a whole number from 1 to 256, not "0"'],
  [['--connections', '257'], 'a whole number from 1 to 256, not "257"'],
  [['--connections', '2.5'], 'a whole number from 1 to 256, not "2.5"'],
  [['--connections', 'four'], 'a whole number from 1 to 256, not "four"'],
  [['--connections=-1'], 'a whole number from 1 to 256, not "-1"'],
])('%j is refused, and the message says what to write', (args, message) => {
  const parse = (): unknown => parseDemoArguments(args);
  expect(parse).toThrow(UsageError);
  expect(parse).toThrow(message);
});
