import { expect, it } from 'vitest';
import { limitsTable } from './limits-table.ts';
import { duration, int } from './number-fields.ts';
import { section } from './section.ts';
import { boolean, oneOf, string } from './text-fields.ts';

const pool = section('pool', {
  maxIdle: int({ default: 8, min: 1, max: 1000, unit: 'sockets', doc: 'Idle sockets\nper key.', reason: 'A browser keeps six.' }),
  idleTimeout: duration({ default: '30s', max: '1h', doc: 'Longest idle time.' }),
});
const tls = section('tls', {
  mode: oneOf(['a|b', 'c'], { default: 'c', doc: 'Mode.' }),
  password: string({ secret: true, default: 'hunter2', doc: 'Password.' }),
  name: string({ doc: 'Name.' }),
  on: boolean({ default: true, doc: 'On.' }),
});

it('has a row for every option with its variable, default, range, unit and meaning', () => {
  expect(limitsTable([pool]).rows).toEqual([
    { name: 'pool.maxIdle', env: 'SOCK_POOL_MAX_IDLE', default: '8', range: '1 to 1000', unit: 'sockets', doc: 'Idle sockets\nper key. A browser keeps six.' },
    { name: 'pool.idleTimeout', env: 'SOCK_POOL_IDLE_TIMEOUT', default: '30s', range: '0ms to 1h', unit: 'ms', doc: 'Longest idle time.' },
  ]);
  expect(limitsTable([tls]).rows.map((row) => [row.default, row.range])).toEqual([
    ['"c"', '"a|b" or "c"'],
    ['•••', '1 to 4096 characters'],
    ['none', '1 to 4096 characters'],
    ['true', 'true or false'],
  ]);
});

it('prints aligned columns', () => {
  expect(`${limitsTable([pool])}`).toBe(
    [
      'Name              Variable                Default  Range      Unit     Meaning',
      'pool.maxIdle      SOCK_POOL_MAX_IDLE      8        1 to 1000  sockets  Idle sockets per key. A browser keeps six.',
      'pool.idleTimeout  SOCK_POOL_IDLE_TIMEOUT  30s      0ms to 1h  ms       Longest idle time.',
    ].join('\n'),
  );
});

it('prints Markdown, with nothing that breaks a cell', () => {
  const lines = limitsTable([pool, tls]).toMarkdown().split('\n');
  expect(lines.slice(0, 3)).toEqual([
    '| Name | Variable | Default | Range | Unit | Meaning |',
    '| --- | --- | --- | --- | --- | --- |',
    '| `pool.maxIdle` | `SOCK_POOL_MAX_IDLE` | **8** | 1 to 1000 | sockets | Idle sockets per key. A browser keeps six. |',
  ]);
  expect(lines[4]).toContain('"a\\|b" or "c"');
  expect(lines).toHaveLength(8);
});

it('a secret default is not shown', () => {
  expect(`${limitsTable([tls])}${limitsTable([tls]).toMarkdown()}`).not.toContain('hunter2');
});
