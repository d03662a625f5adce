import { expect, it } from 'vitest';
import { parseBenchArguments, UsageError } from './arguments.ts';
import { FIGURES } from './figures.ts';

function names(...args: string[]): string[] {
  const options = parseBenchArguments(args);
  return options === 'help' ? [] : options.figures.map(({ name }) => name);
}

it('without names every figure is measured, in three pairs', () => {
  expect(parseBenchArguments([])).toEqual({ figures: FIGURES, pairs: 7, quick: false, json: undefined, page: undefined });
});

it('a name stands for every figure that contains it', () => {
  expect(names('ping')).toEqual(['tcp-ping', 'tls-ping']);
  expect(names('--', 'tcp-awaited', 'tls-p')).toEqual(['tls-pipelined', 'tcp-awaited', 'tls-ping']);
});

it('pairs and the file are read', () => {
  expect(parseBenchArguments(['--pairs=7', '--json', 'out.json', 'ping'])).toMatchObject({ pairs: 7, quick: false, json: 'out.json' });
  expect(parseBenchArguments(['--quick'])).toMatchObject({ quick: true, figures: FIGURES });
});

it('the page is measured with all figures, or drawn again', () => {
  expect(parseBenchArguments(['--page', '--pairs', '5'])).toMatchObject({ page: 'measure', figures: FIGURES, pairs: 5 });
  expect(parseBenchArguments(['--redraw'])).toMatchObject({ page: 'redraw' });
});

it.each([
  [['tls-bluk'], 'did you mean tls-bulk?'],
  [['nothing'], 'there are tcp-bulk, '],
  [['--pair', '3'], 'did you mean --pairs?'],
  [['--pairs', '0'], 'a whole number from 1 to 100, not "0"'],
  [['--json'], '--json needs a value'],
  [['--page', 'ping'], '--page is about all figures, and not about quick ones: leave out ping'],
  [['--quick', '--page'], 'leave out --quick'],
])('%j is refused, and the message says what to write', (args, message) => {
  const parse = (): unknown => parseBenchArguments(args);
  expect(parse).toThrow(UsageError);
  expect(parse).toThrow(message);
});
