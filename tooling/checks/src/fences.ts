/** A piece of TypeScript in a Markdown file. */
export interface Fence {
  /** The line of its first line of code, counted from 1. */
  readonly line: number;
  readonly code: string;
  /** Whether it is a program; `ts no-run` is only typechecked. */
  readonly runs: boolean;
}

/** The TypeScript fences of a Markdown text (info string `ts` or `typescript`), also indented ones, as in a list. */
export function fencesOf(markdown: string): Fence[] {
  const fences: Fence[] = [];
  let open: { mark: string; indent: number; info: string; line: number; code: string[] } | undefined;
  for (const [index, text] of markdown.split('\n').entries()) {
    const [, indent = '', mark = '', info = ''] = /^(\s*)(`{3,}|~{3,})\s*(.*?)\s*$/.exec(text) ?? [];
    if (open === undefined) {
      if (mark !== '') open = { mark, indent: indent.length, info, line: index + 2, code: [] };
    } else if (mark.startsWith(open.mark) && info === '') {
      const [language, ...words] = open.info.split(/\s+/);
      if (language === 'ts' || language === 'typescript') {
        fences.push({ line: open.line, code: `${open.code.join('\n')}\n`, runs: !words.includes('no-run') });
      }
      open = undefined;
    } else {
      open.code.push(text.slice(Math.min(open.indent, text.length - text.trimStart().length)));
    }
  }
  return fences;
}
