import { parseSync, Visitor } from 'oxc-parser';
import type { Expression } from 'oxc-parser';

/** `describeSocketContract` and its like name a group as well. */
const RUNNER = /^(?:it|test|describe\w*)$/;

/**
 * The titles of the tests and groups in a source, as they are written there: `%s` and `${name}` stay.
 * @throws SyntaxError when the file does not parse
 */
export function testTitles(file: string, source: string): ReadonlySet<string> {
  const { program, errors } = parseSync(file, source);
  const [error] = errors;
  if (error !== undefined) throw new SyntaxError(`${file}: ${error.message}`);
  const titles = new Set<string>();
  new Visitor({
    CallExpression: ({ callee, arguments: [first] }) => {
      if (first === undefined || !RUNNER.test(rootName(callee))) return;
      if (first.type === 'Literal' && typeof first.value === 'string') titles.add(first.value);
      else if (first.type === 'TemplateLiteral') titles.add(source.slice(first.start + 1, first.end - 1));
    },
  }).visit(program);
  return titles;
}

/** `test` of `test('…')`, `test.each(rows)('…')` and ``test.each`…`('…')``. */
function rootName(callee: Expression): string {
  let node: { readonly type: string } = callee;
  for (;;) {
    if (node.type === 'MemberExpression' && 'object' in node) node = node.object as Expression;
    else if (node.type === 'CallExpression' && 'callee' in node) node = node.callee as Expression;
    else if (node.type === 'TaggedTemplateExpression' && 'tag' in node) node = node.tag as Expression;
    else return node.type === 'Identifier' && 'name' in node ? String(node.name) : '';
  }
}
