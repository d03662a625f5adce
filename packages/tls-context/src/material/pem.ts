import { TlsConfigError } from '../errors.ts';

/** One block of a PEM file (RFC 7468). */
export interface PemBlock {
  /** `CERTIFICATE`, `PRIVATE KEY`, `EC PRIVATE KEY` … */
  readonly label: string;
  /** The block as it stands, with its two lines. */
  readonly text: string;
  /** The line of `-----BEGIN`, from 1. */
  readonly line: number;
}

/**
 * Cuts PEM text into its blocks. Text between blocks is allowed, as RFC 7468 has it.
 *
 * @param option - names the option in errors
 * @param source - the file, or the words for where the text came from
 * @throws `ERR_SOCK_TLS_PEM` with file and line: a block that does not end, ends as something else or is not base64; no block at all. What
 *   stands in a private key is never repeated: errors go into logs.
 */
export function pemBlocks(text: string, option: string, source: string): PemBlock[] {
  const blocks: PemBlock[] = [];
  const lines = text.split(/\r\n|\n|\r/);
  for (let index = 0; index < lines.length; index += 1) {
    const label = /^-----BEGIN ([A-Z0-9 ]+)-----\s*$/.exec(lines[index] as string)?.[1];
    if (label === undefined) continue;
    const end = blockEnd(lines, index, label, option, source);
    blocks.push({ label, text: `${lines.slice(index, end + 1).join('\n')}\n`, line: index + 1 });
    index = end;
  }
  if (blocks.length === 0) throw new TlsConfigError('ERR_SOCK_TLS_PEM', option, `${source} has no PEM block: ${looksLike(text)}`);
  return blocks;
}

function blockEnd(lines: readonly string[], begin: number, label: string, option: string, source: string): number {
  const fail = (line: number, why: string): never => {
    throw new TlsConfigError('ERR_SOCK_TLS_PEM', option, `${source}, line ${line + 1}: ${why}`);
  };
  for (let index = begin + 1; index < lines.length; index += 1) {
    const line = lines[index] as string;
    const end = /^-----END ([A-Z0-9 ]+)-----\s*$/.exec(line);
    if (end !== null) return end[1] === label ? index : fail(index, `the block "${label}" ends as "${end[1]}"`);
    if (line.startsWith('-') && index === lines.length - 1) break;
    if (line.startsWith('-----')) fail(index, `the block "${label}" of line ${begin + 1} has no END line before this one`);
    // Headers such as "Proc-Type: 4,ENCRYPTED" and the blank line behind them belong to traditional encrypted keys.
    if (!/^[A-Za-z0-9+/=\s]*$/.test(line) && !/^[A-Za-z-]+: /.test(line)) fail(index, label.endsWith('PRIVATE KEY') ? 'this is not base64' : `"${line.slice(0, 40)}" is not base64`);
  }
  return fail(begin, `the block "${label}" has no END line: the text is cut off`);
}

function looksLike(text: string): string {
  if (text.trim() === '') return 'it is empty';
  // No base64 and no hexadecimal has a dot: a key without its two lines is not repeated.
  if (/^[\w./~-]+$/.test(text.trim()) && text.includes('.') && text.length < 300) return `"${text.trim()}" looks like a path; write { file: "${text.trim()}" }`;
  return 'expected a line "-----BEGIN CERTIFICATE-----" or the like';
}
