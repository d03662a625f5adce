import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect } from 'vitest';

/** A row of a table, by its first cell. */
export interface Row {
  readonly name: string;
  readonly cells: readonly string[];
}

const source = (path: string): string => readFileSync(fileURLToPath(new URL(path, import.meta.url)), 'utf8');
/** A cell without its marks. */
export const bare = (cell: string): string => cell.replaceAll('`', '').trim();

/** The tables of the page by the last word of their heading. */
export const tables: ReadonlyMap<string, readonly Row[]> = new Map(
  source('../DEFAULTS.md').split(/^## /m).slice(1).map((section) => {
    const rows = section.split('\n').filter((line) => line.startsWith('| `'));
    const title = section.slice(0, section.indexOf('\n')).split(' ').at(-1) as string;
    return [title, rows.map((line) => line.split('|').slice(1, -1)).map(([name, ...cells]) => ({ name: bare(name as string), cells }))];
  }),
);
/** The rows of a table. */
export const rowsOf = (title: string): readonly Row[] => tables.get(title) ?? expect.fail(`DEFAULTS.md has no table for ${title}`);

/** The sources of this package. */
const sources = readdirSync(fileURLToPath(new URL('.', import.meta.url)), { recursive: true, encoding: 'utf8' }).filter((path) => path.endsWith('.ts') && !path.endsWith('.test.ts')).map((path) => source(path));
/** The interfaces of options that its entries export. */
export const exported: readonly string[] = [...new Set(['./index.ts', './danger.ts', './pkcs12.ts', './revocation.ts'].flatMap((entry) => source(entry).match(/\b[A-Z]\w*Options\b/g) ?? []))];

/** The members of an interface, without those that it inherits; and whether each may be left out. */
export function membersOf(name: string): ReadonlyMap<string, boolean> {
  const body = sources.map((text) => new RegExp(`^export interface ${name}\\b[^{]*\\{\\n(.*?)^\\}`, 'ms').exec(text)?.[1]).find((found) => found !== undefined);
  return new Map([...(body ?? expect.fail(`no source declares ${name}`)).matchAll(/^ {2}readonly (\w+)(\??):/gm)].map(([, member, optional]) => [member as string, optional === '?']));
}
