/** One row of the table of the plan. */
export interface PlanRow {
  readonly line: number;
  /** The bold word that the row begins with: `2.1`, `success 3`. */
  readonly id: string;
  /** `done`, `part`, `planned`, or whatever else stands there. */
  readonly state: string;
  /** What stands behind the state: what is missing. */
  readonly missing: string;
  /** Targets of the links to code. */
  readonly code: readonly string[];
  /** Where it is shown, and the titles of tests named there. */
  readonly evidence: readonly Evidence[];
}

/** A file that shows something. */
export interface Evidence {
  readonly target: string;
  readonly titles: readonly string[];
}

/** Reads every table whose first column is `plan`: plan, here, code, shown by, state. */
export function planRows(markdown: string): PlanRow[] {
  let inTable = false;
  return markdown.split('\n').flatMap((text, index) => {
    if (!text.startsWith('|')) {
      inTable = false;
      return [];
    }
    const [plan = '', , code = '', shownBy = '', state = ''] = text.split('|').slice(1, -1).map((cell) => cell.trim());
    if (plan === 'plan') {
      inTable = true;
      return [];
    }
    if (!inTable || /^:?-+:?$/.test(plan)) return [];
    const [, word = '', missing = ''] = /^(\w*)(?::\s*(.*))?$/.exec(state) ?? [];
    return [{ line: index + 1, id: /^\*\*(.+?)\*\*/.exec(plan)?.[1] ?? '', state: word, missing, code: evidenceOf(code).map(({ target }) => target), evidence: evidenceOf(shownBy) }];
  });
}

/** Links, each with the code spans that follow it. */
function evidenceOf(cell: string): Evidence[] {
  return [...cell.matchAll(/\[(?:[^\]\\]|\\.)*\]\(([^)\s]+)\)([^[]*)/g)].map(([, target = '', rest = '']) => ({
    target,
    titles: [...rest.matchAll(/`([^`]+)`/g)].map(([, title = '']) => title),
  }));
}
