import type { Labels } from './instrument.ts';

/** One line. */
export interface Line {
  /** Of the name: `_sum`, say. */
  readonly suffix?: '_sum' | '_count';
  readonly labels: Labels;
  readonly value: number;
}

/** All lines of one name, which stand together. */
export interface Family {
  readonly name: string;
  readonly type: 'counter' | 'gauge' | 'summary';
  readonly help: string;
  readonly lines: readonly Line[];
}

/** The text format of Prometheus, version 0.0.4. Families without a line are left out. */
export function exposition(families: readonly Family[]): string {
  let out = '';
  for (const { name, type, help, lines } of families) {
    if (lines.length === 0) continue;
    out += `# HELP ${name} ${helpText(help)}\n# TYPE ${name} ${type}\n`;
    for (const { suffix = '', labels, value } of lines) out += `${name}${suffix}${labelText(labels)} ${valueText(value)}\n`;
  }
  return out;
}

function labelText(labels: Labels): string {
  const pairs = Object.entries(labels).map(([name, value]) => `${name}="${value.replaceAll('\\', '\\\\').replaceAll('\n', '\\n').replaceAll('"', '\\"')}"`);
  return pairs.length === 0 ? '' : `{${pairs.join(',')}}`;
}

function helpText(help: string): string {
  return help.replaceAll('\\', '\\\\').replaceAll('\n', '\\n');
}

function valueText(value: number): string {
  return value === Infinity ? '+Inf' : value === -Infinity ? '-Inf' : String(value);
}
