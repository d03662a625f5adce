// Support of the tests: not compiled into dist, and not published. A parser of the text format of Prometheus 0.0.4 that forgives nothing.

/** All series of one name. */
export interface ParsedFamily {
  readonly help: string;
  readonly type: string;
  /** By name and labels, the labels sorted by name: `name{a="1",b="2"}`, unescaped. */
  readonly series: Map<string, number>;
}

export function parseExposition(text: string): Map<string, ParsedFamily> {
  const families = new Map<string, ParsedFamily>();
  if (text === '') return families;
  if (!text.endsWith('\n')) throw new Error('the last line has no line feed');
  let name = '';
  let help: string | undefined;
  let family: ParsedFamily | undefined;
  for (const line of text.slice(0, -1).split('\n')) {
    const comment = /^# (HELP|TYPE) ([a-zA-Z_:][a-zA-Z0-9_:]*) (.+)$/.exec(line);
    if (comment?.[1] === 'HELP') {
      if (family?.series.size === 0) throw new Error(`${name} has no series`);
      name = comment[2] ?? '';
      help = unescaped(comment[3] ?? '', false);
      family = undefined;
      if (families.has(name)) throw new Error(`${name} comes twice`);
    } else if (comment?.[1] === 'TYPE') {
      if (comment[2] !== name || help === undefined || family !== undefined) throw new Error(`TYPE without its HELP: ${line}`);
      if (!['counter', 'gauge', 'summary'].includes(comment[3] ?? '')) throw new Error(`unknown type: ${line}`);
      family = { help, type: comment[3] ?? '', series: new Map() };
      families.set(name, family);
    } else {
      if (family === undefined) throw new Error(`a value without its TYPE: ${line}`);
      addSeries(name, family, line);
    }
  }
  return families;
}

/** The value of one series; `undefined` where there is none. */
export function seriesOf(text: string, name: string, labels: Readonly<Record<string, string>> = {}): number | undefined {
  for (const { series } of parseExposition(text).values()) {
    const found = series.get(seriesId(name, Object.entries(labels)));
    if (found !== undefined) return found;
  }
  return undefined;
}

export function seriesId(name: string, labels: readonly (readonly [string, string])[]): string {
  return `${name}{${labels.toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([label, value]) => `${label}=${JSON.stringify(value)}`).join()}}`;
}

function addSeries(name: string, { type, series }: ParsedFamily, line: string): void {
  const match = /^([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{((?:[a-zA-Z_][a-zA-Z0-9_]*="(?:[^"\\]|\\[\\"n])*",?)+)\})? (NaN|[+-]Inf|-?\d+(?:\.\d+)?(?:e[+-]\d+)?)$/.exec(line);
  if (match === null) throw new Error(`no line of the format: ${line}`);
  const [, full = '', list = '', number = ''] = match;
  const labels = Array.from(list.matchAll(/([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\]|\\[\\"n])*)"(,|$)/g), ([, label = '', value = '']) => [label, unescaped(value, true)] as const);
  if (labels.map(([label, value]) => `${label}="${escaped(value)}"`).join() !== list) throw new Error(`labels not as they are to be: ${line}`);
  if (new Set(labels.map(([label]) => label)).size < labels.length) throw new Error(`a label twice: ${line}`);
  const value = number === '+Inf' ? Infinity : number === '-Inf' ? -Infinity : Number(number);
  const quantile = labels.find(([label]) => label === 'quantile')?.[1];
  if (type === 'summary') {
    const part = full.slice(name.length);
    if (!full.startsWith(name) || (part === '' ? !(Number(quantile) >= 0 && Number(quantile) <= 1) : (part !== '_sum' && part !== '_count') || quantile !== undefined)) {
      throw new Error(`no line of a summary: ${line}`);
    }
  } else if (full !== name || quantile !== undefined) throw new Error(`not of ${name}: ${line}`);
  if ((type === 'counter') !== name.endsWith('_total')) throw new Error(`counters, and nothing else, end in _total: ${line}`);
  if (type === 'counter' && !(value >= 0 && value < Infinity)) throw new Error(`no value of a counter: ${line}`);
  const id = seriesId(full, labels);
  if (series.has(id)) throw new Error(`a series twice: ${line}`);
  series.set(id, value);
}

function unescaped(text: string, quoted: boolean): string {
  return text.replaceAll(/\\(.?)/g, (all, next: string) => {
    if (next === 'n') return '\n';
    if (next === '\\' || (quoted && next === '"')) return next;
    throw new Error(`no escape: ${all}`);
  });
}

function escaped(text: string): string {
  return text.replaceAll('\\', String.raw`\\`).replaceAll('\n', String.raw`\n`).replaceAll('"', String.raw`\"`);
}
