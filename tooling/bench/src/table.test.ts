import { expect, it } from 'vitest';
import { table } from './table.ts';

it('aligns names to the left and values to the right', () => {
  expect(table([['', 'TCP', 'TLS'], ['up', '1,200', '–'], ['protocol', '–', 'TLSv1.3']])).toEqual([
    '             TCP       TLS',
    'up         1,200         –',
    'protocol       –   TLSv1.3',
  ]);
});
