import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { tlsCapabilities } from './capabilities.ts';

const source = (path: string): string => readFileSync(fileURLToPath(new URL(path, import.meta.url)), 'utf8');
const page = source('../README.md');
const said = (name: string): boolean => new RegExp(`\\b${name}\\b`).test(page);

describe('the README has a word for', () => {
  test.each(['index', 'capabilities', 'danger', 'pkcs12', 'revocation', 'web'])('every export of %s', (entry) => {
    const names = [...source(`./${entry}.ts`).matchAll(/\{([^}]*)\}/g)].flatMap(([, list]) => (list as string).split(',').map((name) => name.replace(/\btype\b/, '').trim()).filter((name) => name !== ''));
    expect(names).not.toEqual([]);
    expect(names.filter((name) => !said(name))).toEqual([]);
  });

  test('every code of an error', () => {
    const codes = new Set(source('./errors.ts').match(/\bERR_SOCK_TLS_\w+\b/g));
    expect(codes.size).toBeGreaterThan(30);
    expect([...codes].filter((code) => !said(code))).toEqual([]);
  });

  test('every capability, on the side where it stands here', () => {
    const never = page.slice(page.indexOf('| never, in Node |'), page.indexOf('| depends on the runtime |'));
    const entries = Object.entries(tlsCapabilities());
    expect(entries.filter(([name]) => !said(name)).map(([name]) => name)).toEqual([]);
    expect(entries.filter(([name, { available }]) => available && never.includes(`\`${name}\``)).map(([name]) => name)).toEqual([]);
  });
});
