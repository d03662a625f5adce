import { readFileSync } from 'node:fs';
import { type JsonMember, JsonSyntaxError, parseJson } from './json-text.ts';
import { type Given, layer, type Member } from './layer.ts';
import { type ConfigProblem, show } from './problem.ts';
import type { AnySection } from './section.ts';

/** The longest file that is read, in bytes. */
export const MAX_FILE_BYTES = 1_048_576;

/** Reads a JSON file, and notes whatever keeps it from being read. `failed` is told what the system or the parser threw. */
export function fileLayer(
  sections: readonly AnySection[],
  path: string,
  problems: ConfigProblem[],
  failed: (cause: unknown) => void,
): Given[] {
  try {
    const bytes = readFileSync(path);
    if (bytes.length > MAX_FILE_BYTES) {
      problems.push(unreadable(path, `${bytes.length} bytes`));
      return [];
    }
    const { value, members } = parseJson(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
    if (members !== undefined) return layer(sections, place(members, path), problems);
    problems.push({ key: 'file', source: { kind: 'file', path, line: 1 }, found: show(value), allowed: 'an object of sections' });
  } catch (cause) {
    failed(cause);
    problems.push(describe(cause, path));
  }
  return [];
}

function place(members: readonly JsonMember[], path: string): Member[] {
  return members.map(({ name, value, line, members: inner }) => ({
    name,
    value,
    source: { kind: 'file', path, line },
    members: inner && place(inner, path),
  }));
}

function describe(cause: unknown, path: string): ConfigProblem {
  if (cause instanceof JsonSyntaxError) {
    const { found, expected, line, column } = cause;
    return { key: 'file', source: { kind: 'file', path, line, column }, found, allowed: expected };
  }
  const code = (cause as { readonly code?: unknown }).code;
  if (code === 'ENOENT') return unreadable(path, 'no file');
  return unreadable(path, code === 'ERR_ENCODING_INVALID_ENCODED_DATA' ? 'bytes that are no UTF-8' : `what cannot be read (${String(code)})`);
}

function unreadable(path: string, found: string): ConfigProblem {
  return { key: 'file', source: { kind: 'file', path }, found, allowed: `a JSON file in UTF-8 of at most ${MAX_FILE_BYTES} bytes` };
}
