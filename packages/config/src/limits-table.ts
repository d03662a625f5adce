import { envName } from './env-name.ts';
import { fieldText } from './field-text.ts';
import { type AnySection, fieldsOf } from './section.ts';

/** One option in a table. */
export interface LimitsRow {
  /** `section.field` */
  readonly name: string;
  /** The environment variable. */
  readonly env: string;
  /** The default as text; `none` when there is none, `•••` for a secret. */
  readonly default: string;
  /** The smallest and largest value, or the choices. */
  readonly range: string;
  /** What a bare number counts; empty when the option is no number. */
  readonly unit: string;
  /** What it means, and why the default is what it is. */
  readonly doc: string;
}

/** All limits of some sections, ready to be printed. */
export interface LimitsTable {
  readonly rows: readonly LimitsRow[];
  /** A table in GitHub's Markdown, defaults in bold. */
  toMarkdown(): string;
  /** Columns aligned with spaces, for a terminal. */
  toString(): string;
}

/**
 * A table of every option of the sections: name, environment variable, default, range, unit, meaning.
 *
 * @throws {ConfigError} `ERR_SOCK_CONFIG` when a section contradicts itself
 * @example
 * console.log(`${limitsTable([limits])}`);
 */
export function limitsTable(sections: readonly AnySection[]): LimitsTable {
  const rows = sections.flatMap(rowsOf);
  return { rows, toMarkdown: () => markdown(rows), toString: () => plain(rows) };
}

const HEAD: LimitsRow = { name: 'Name', env: 'Variable', default: 'Default', range: 'Range', unit: 'Unit', doc: 'Meaning' };

function rowsOf(section: AnySection): LimitsRow[] {
  const defaults = new Map<string, unknown>(Object.entries(section.defaults));
  return Array.from(fieldsOf(section), ([name, field]) => ({
    name: `${section.name}.${name}`,
    env: envName(section.name, name),
    default: fieldText(field, defaults.get(name)),
    range: field.range || field.form,
    unit: field.unit,
    doc: [field.doc, field.reason].filter((text) => text !== '').join(' '),
  }));
}

function markdown(rows: readonly LimitsRow[]): string {
  const cells = rows.map((row) => ({ ...row, name: `\`${row.name}\``, env: `\`${row.env}\``, default: `**${row.default}**` }));
  const line = (row: LimitsRow) => `| ${columns(row).map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
  return [line(HEAD), `|${' --- |'.repeat(columns(HEAD).length)}`, ...cells.map(line)].join('\n');
}

function plain(rows: readonly LimitsRow[]): string {
  const table = [HEAD, ...rows].map(columns);
  const widths = columns(HEAD).map((_, column) => Math.max(...table.map((row) => row[column]?.length ?? 0)));
  return table.map((row) => row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('  ').trimEnd()).join('\n');
}

function columns({ name, env, default: value, range, unit, doc }: LimitsRow): string[] {
  return [name, env, value, range, unit, doc].map((cell) => cell.replace(/\s+/g, ' '));
}
