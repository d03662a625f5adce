import { inspect } from 'node:util';
import { createAuthority } from '@sock/dev-certs';
import { expect, test } from 'vitest';
import { createServerContext } from '../index.ts';

const issued = createAuthority().issue({ names: ['localhost'] });
const lines = issued.key.trim().split('\n');
const context = (options: object): unknown => createServerContext({ cert: issued.chain, key: issued.key, ...options });

/** Whatever of the error could come into a log. */
function logged(options: object): { readonly code: string; readonly text: string } {
  try {
    context(options);
  } catch (error) {
    return { code: (error as { code: string }).code, text: inspect(error, { depth: 9, showHidden: true }) };
  }
  throw new Error('it was taken');
}

const damaged = (index: number): string => lines.map((line, at) => (at === index ? `${line.slice(0, -1)}*` : line)).join('\n');
const bare = lines.slice(1, -1).join('').replace(/[+=]/g, 'A');

test.each([
  ['whose first line is damaged', { key: damaged(1) }, 'ERR_SOCK_TLS_PEM', 'line 2: this is not base64'],
  ['whose second line is damaged', { key: damaged(2) }, 'ERR_SOCK_TLS_PEM', 'line 3: this is not base64'],
  ['as the name of a file', { key: { file: issued.key } }, 'ERR_SOCK_TLS_MATERIAL', 'its file is no path'],
  ['as the name of a directory', { ca: { directory: issued.key } }, 'ERR_SOCK_TLS_MATERIAL', 'its directory is no path'],
  ['without its two lines', { key: bare }, 'ERR_SOCK_TLS_PEM', 'has no PEM block'],
])('no error repeats a private key %s', (_what, options, code, words) => {
  const { code: found, text } = logged(options);
  expect(found).toBe(code);
  expect(text).toContain(words);
  for (const line of lines.slice(1, -1)) expect(text).not.toContain(line.slice(0, 16));
});

test('no context shows its key to whoever logs it', () => {
  expect(inspect(context({}), { depth: 9, showHidden: true })).not.toContain((lines[1] as string).slice(0, 16));
});
