import fc from 'fast-check';
import { expect, test } from 'vitest';
import { pemBlocks } from './pem.ts';

const GOOD = '-----BEGIN CERTIFICATE-----\nAAAA\nBBBB\n-----END CERTIFICATE-----\n';
const failure = (text: string): { code: string; message: string } => {
  try {
    pemBlocks(text, 'ca', 'ca.pem');
  } catch (error) {
    return error as { code: string; message: string };
  }
  throw new Error('it was taken for good PEM');
};

test('blocks come in order with their labels and lines, whatever text stands between them', () => {
  const blocks = pemBlocks(`subject=someone\r\n${GOOD}\nissuer=other\n${GOOD.replaceAll('CERTIFICATE', 'PRIVATE KEY')}`, 'ca', 'ca.pem');
  expect(blocks.map(({ label, line }) => [label, line])).toEqual([['CERTIFICATE', 2], ['PRIVATE KEY', 8]]);
  expect(blocks[0]?.text).toBe(GOOD);
});

test.each([
  ['a block that is cut off', GOOD.slice(0, 33), 'ca.pem, line 1: the block "CERTIFICATE" has no END line: the text is cut off'],
  ['a block that is cut off in its last line', GOOD.slice(0, 50), 'ca.pem, line 1: the block "CERTIFICATE" has no END line: the text is cut off'],
  ['a block that ends as another', GOOD.replace('END CERTIFICATE', 'END PRIVATE KEY'), 'ca.pem, line 4: the block "CERTIFICATE" ends as "PRIVATE KEY"'],
  ['a block within a block', GOOD.slice(0, 33) + GOOD, 'the block "CERTIFICATE" of line 1 has no END line before this one'],
  ['a line that is not base64', GOOD.replace('BBBB', 'B*BB'), 'ca.pem, line 3: "B*BB" is not base64'],
  ['an empty file', ' \n', 'ca.pem has no PEM block: it is empty'],
  ['a path in place of text', './certs/ca.pem', 'looks like a path; write { file: "./certs/ca.pem" }'],
  ['other text', 'hello world, this is no PEM!', 'expected a line "-----BEGIN CERTIFICATE-----"'],
])('%s is refused and named', (_name, text, words) => {
  const error = failure(text);
  expect(error.code).toBe('ERR_SOCK_TLS_PEM');
  expect(error.message).toContain(words);
  expect(error.message).toMatch(/^ca: /);
});

test('any number of blocks between any harmless lines is found whole', () => {
  const line = fc.stringMatching(/^[A-Za-z0-9 =.,]{0,30}$/);
  fc.assert(
    fc.property(fc.array(fc.oneof(line, fc.constant(GOOD.trimEnd()))), fc.constantFrom('\n', '\r\n', '\r'), (parts, newline) => {
      const count = parts.filter((part) => part === GOOD.trimEnd()).length;
      fc.pre(count > 0);
      const text = parts.join('\n').replaceAll('\n', newline);
      expect(pemBlocks(text, 'ca', 'ca.pem').map((block) => block.text)).toEqual(Array.from({ length: count }, () => GOOD));
    }),
  );
});
