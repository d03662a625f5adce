/** A link in a Markdown page. */
export interface PageLink {
  /** What stands in the parentheses, without a title. */
  readonly target: string;
  /** Counted from 1. */
  readonly line: number;
}

/** The links of a Markdown text, inline and by reference, also those of pictures; none from code. */
export function linksOf(markdown: string): PageLink[] {
  return proseLines(markdown).flatMap((text, index) =>
    [...text.matchAll(INLINE), ...text.matchAll(DEFINITION)].map(([, target = '']) => ({ target, line: index + 1 })),
  );
}

/** What `#…` may name in a Markdown text: its headings, as GitHub spells them. */
export function anchorsOf(markdown: string): ReadonlySet<string> {
  const anchors = new Set<string>();
  // A heading may hold code, whose words count; only fences are no prose here.
  for (const text of outsideFences(markdown)) {
    const heading = /^#{1,6}\s+(.*?)\s*#*$/.exec(text)?.[1];
    if (heading === undefined) continue;
    const name = heading.replace(INLINE, (link) => link.slice(1, link.indexOf(']('))).toLowerCase().replace(/[^\p{L}\p{N}\s_-]/gu, '').replace(/\s/g, '-');
    let anchor = name;
    for (let count = 1; anchors.has(anchor); count += 1) anchor = `${name}-${count}`;
    anchors.add(anchor);
  }
  return anchors;
}

const INLINE = /\[(?:[^\]\\]|\\.)*\]\(\s*<?([^)\s>]*)>?(?:\s+"[^"]*")?\s*\)/g;
const DEFINITION = /^\s{0,3}\[[^\]]+\]:\s*<?(\S+?)>?\s*$/g;

/** The lines of a page with spaces in place of all code, so that lines keep their numbers. */
function proseLines(markdown: string): string[] {
  return outsideFences(markdown).map((text) => text.replace(/(`+)(?!`)(?:.*?[^`])?\1(?!`)/g, (code) => ' '.repeat(code.length)));
}

function outsideFences(markdown: string): string[] {
  let open = '';
  return markdown.split('\n').map((text) => {
    const [, mark = '', info = ''] = /^\s*(`{3,}|~{3,})\s*(.*?)\s*$/.exec(text) ?? [];
    const inside = open !== '';
    if (!inside) open = mark;
    else if (mark.startsWith(open) && info === '') open = '';
    return inside || mark !== '' ? '' : text;
  });
}
