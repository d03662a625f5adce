import { parseArgs } from 'node:util';
import { nearestName } from '@sock/config';
import type { Figure } from './figure.ts';
import { FIGURES } from './figures.ts';

/** What the bench was asked to do. */
export interface BenchOptions {
  readonly figures: readonly Figure[];
  readonly pairs: number;
  /** Runs as short as they can be. */
  readonly quick: boolean;
  /** The file for all values, if one is wanted. */
  readonly json: string | undefined;
  /** `measure`: the page about performance from all figures; `redraw`: from those of the run that it has. */
  readonly page: 'measure' | 'redraw' | undefined;
}

/** The command line cannot be understood. */
export class UsageError extends Error {
  override readonly name: string = 'UsageError';
}

const MOST_PAIRS = 100;
/** Without a wish. */
const PAIRS = 7;

export const USAGE: string = `npm run bench [-- OPTIONS] [NAME…]

Measures the packages beside plain node:net and node:tls and beside a program in C on OpenSSL, in turns in the same run,
and prints ratios.

  NAME           figures whose names contain it; default: all of
                 ${FIGURES.map(({ name }) => name).join(' ')}
  --pairs N      pairs of runs per figure, 1 to ${MOST_PAIRS}; default: ${PAIRS}
  --json FILE    writes every value to FILE
  --quick        runs so short that the figures mean nothing: to see that everything works
  --page         measures everything, and writes docs/performance.md with it
  --redraw       measures nothing, and writes that page from the run that it has: after a change of its words or pictures
  --help         this text
`;

const OPTIONS = { pairs: { type: 'string' }, json: { type: 'string' }, quick: { type: 'boolean' }, page: { type: 'boolean' }, redraw: { type: 'boolean' }, help: { type: 'boolean' } } as const;

/**
 * Reads the command line; `'help'` when that is what was asked for.
 *
 * @throws {@link UsageError}
 */
export function parseBenchArguments(args: readonly string[]): BenchOptions | 'help' {
  // pnpm hands on the `--` that npm takes away.
  const own = args[0] === '--' ? args.slice(1) : [...args];
  const { tokens } = parseArgs({ args: own, options: OPTIONS, strict: false, tokens: true });
  const names: string[] = [];
  let pairs = PAIRS;
  let quick = false;
  let json: string | undefined;
  let page: BenchOptions['page'];
  for (const token of tokens) {
    if (token.kind === 'positional') names.push(token.value);
    if (token.kind !== 'option') continue;
    if (token.name === 'help') return 'help';
    if (token.name === 'quick') {
      quick = true;
      continue;
    }
    if (token.name === 'page' || token.name === 'redraw') {
      page = token.name === 'page' ? 'measure' : 'redraw';
      continue;
    }
    if (token.name !== 'pairs' && token.name !== 'json') throw unknownOption(token.rawName);
    if (token.value === undefined || token.value === '') throw new UsageError(`${token.rawName} needs a value`);
    if (token.name === 'pairs') pairs = toPairs(token.value);
    else json = token.value;
  }
  if (page !== undefined && (names.length > 0 || quick)) throw new UsageError(`--${page === 'measure' ? 'page' : page} is about all figures, and not about quick ones: leave out ${quick ? '--quick' : names.join(' ')}`);
  return { figures: select(names), pairs, quick, json, page };
}

function select(names: readonly string[]): readonly Figure[] {
  if (names.length === 0) return FIGURES;
  for (const name of names) {
    if (FIGURES.some((figure) => figure.name.includes(name))) continue;
    const known = FIGURES.map((figure) => figure.name);
    const nearest = nearestName(name, known);
    throw new UsageError(`no figure is called "${name}"; ${nearest === undefined ? `there are ${known.join(', ')}` : `did you mean ${nearest}?`}`);
  }
  return FIGURES.filter((figure) => names.some((name) => figure.name.includes(name)));
}

function toPairs(text: string): number {
  const count = /^\d+$/.test(text) ? Number(text) : Number.NaN;
  if (count >= 1 && count <= MOST_PAIRS) return count;
  throw new UsageError(`--pairs takes a whole number from 1 to ${MOST_PAIRS}, not "${text}"`);
}

function unknownOption(name: string): UsageError {
  const nearest = nearestName(name.replace(/^-+/, ''), Object.keys(OPTIONS));
  return new UsageError(`there is no option ${name}; ${nearest === undefined ? 'there are --pairs, --json, --quick, --page, --redraw and --help' : `did you mean --${nearest}?`}`);
}
