import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Edit } from './fault.ts';

/** The files that edits change, as they are to be, by name. */
export type Edited = ReadonlyMap<string, string>;

/**
 * Reads the files of `edits` and makes the changes in memory, one behind the other.
 *
 * @throws Error when a piece is not there, stands more than once, or would stay as it is
 */
export function edited(root: string, edits: readonly Edit[]): Edited {
  const files = new Map<string, string>();
  for (const { file, find, replace } of edits) {
    const text = files.get(file) ?? readFileSync(join(root, file), 'utf8');
    const count = text.split(find).length - 1;
    if (count !== 1) throw new Error(`${file}: ${count === 0 ? 'nowhere' : `${count} times`} stands ${JSON.stringify(find)}; it has to stand once: adapt the table of faults`);
    if (find === replace) throw new Error(`${file}: ${JSON.stringify(find)} is replaced by itself`);
    // Not the text itself: `$&` would mean something in it.
    files.set(file, text.replace(find, () => replace));
  }
  return files;
}

/**
 * Changes the files, runs, and puts them back as they were, whatever happens.
 *
 * @throws Error as {@link edited}; nothing is changed then
 */
export async function withEdits<T>(root: string, edits: readonly Edit[], run: () => Promise<T>): Promise<T> {
  const files = edited(root, edits);
  const before = [...files.keys()].map((file) => [file, readFileSync(join(root, file), 'utf8')] as const);
  try {
    for (const [file, text] of files) writeFileSync(join(root, file), text);
    return await run();
  } finally {
    for (const [file, text] of before) writeFileSync(join(root, file), text);
  }
}
