import { describe, expect, it } from 'vitest';
import { files } from './files.ts';
import { formatProblem } from './problem.ts';
import { sampleRepository } from './sample-repository.ts';

const silent = (): void => undefined;
const found = (path: string, text: string): string[] => files(sampleRepository({ [path]: text }), silent).map(formatProblem);
const inSource = (text: string): string[] => found('packages/core/src/dial.ts', text);
const inTest = (text: string): string[] => found('packages/core/src/dial.test.ts', text);

it('a tidy repository has nothing wrong', () => {
  expect(inSource('export const one = 1;\n')).toEqual([]);
});

it.each(['utils.ts', 'helpers.ts', 'common.test.ts', 'misc.mjs'])('a file called %s is refused', (name) => {
  expect(found(`packages/core/src/${name}`, '')).toEqual([expect.stringContaining('is a name for anything')]);
});

describe('the length of a file', () => {
  it.each([
    [299, []],
    [301, [expect.stringContaining('warning: 302 lines')]],
    [401, [expect.stringMatching(/dial\.ts: 402 lines/)]],
  ])('with %i lines', (count, problems) => {
    expect(inSource('\n'.repeat(count))).toEqual(problems);
  });
});

it.each(["it.only('x', () => {})", "describe.skip('x')", "it.todo('x')", "test.concurrent.skip('x')", "it.skipIf(slow)('x')"])('%s is refused', (text) => {
  expect(inTest(`\n${text}`)).toEqual([expect.stringMatching(/dial\.test\.ts:2: a test that does not always run/)]);
});

it.each([
  ['// TODO later', 'unfinished work'],
  ['// FIXME', 'unfinished work'],
  ['const x = y as any;', 'a hole in the types'],
  ['// @ts-ignore', 'a switched-off compiler'],
  ["const x = '/home/somebody/x';", 'a path of one machine'],
  ["const x = '/work/here';", 'a path of one machine'],
  ["const x = '/tmp/socket';", 'a path of one machine'],
])('%s is refused in a source', (text, message) => {
  expect(inSource(text)).toEqual([expect.stringContaining(`dial.ts:1: ${message}`)]);
});

it.each(["connect('10.0.0.1')", "connect({ host: '192.168.1.1' })", "fetch('https://nodejs.org/x')", "connect('8.8.8.8:53')", "'http://[2606::1]/'"])('%s is refused in a test', (text) => {
  expect(inTest(text)).toEqual([expect.stringContaining('is not on this machine')]);
});

it.each(["connect('127.0.0.1')", "'192.0.2.1'", "'https://ocsp.example.com/'", "'http://localhost:1'", "'http://ca.test/crl'", "'https://a/b'", '`http://[${ip}]/`', "'1.2.3.4.5'", "'/tmp/x.sock'"])(
  '%s is left alone in a test',
  (text) => {
    expect(inTest(text)).toEqual([]);
  },
);
