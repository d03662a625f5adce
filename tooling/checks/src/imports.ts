import { parseSync, Visitor } from 'oxc-parser';
import type { Expression } from 'oxc-parser';

/** One place in a file that names another module. */
export interface Import {
  /** What is imported; `undefined` when the program makes it up as it runs. */
  readonly specifier: string | undefined;
  readonly line: number;
}

/**
 * Every module that a source names, in whatever way: static, type-only and dynamic imports, re-exports, `import('x')` as
 * a type, `import x = require('x')`, `require('x')`, `require.resolve`, `import.meta.resolve`.
 * @throws SyntaxError when the file does not parse
 */
export function importsOf(file: string, source: string): Import[] {
  const { program, errors } = parseSync(file, source);
  const [error] = errors;
  if (error !== undefined) throw new SyntaxError(`${file}: ${error.message}`);
  const found: Import[] = [];
  const add = (specifier: string | undefined, at: { start: number }): void => {
    found.push({ specifier, line: lineAt(source, at.start) });
  };
  new Visitor({
    ImportDeclaration: (node) => add(node.source.value, node),
    ExportAllDeclaration: (node) => add(node.source.value, node),
    ExportNamedDeclaration: (node) => {
      if (node.source !== null) add(node.source.value, node);
    },
    ImportExpression: (node) => add(literal(node.source), node),
    TSImportType: (node) => add(node.source.value, node),
    TSExternalModuleReference: (node) => add(node.expression.value, node),
    CallExpression: (node) => {
      if (LOADERS.has(source.slice(node.callee.start, node.callee.end))) add(literal(node.arguments[0]), node);
    },
  }).visit(program);
  return found;
}

const LOADERS = new Set(['require', 'require.resolve', 'import.meta.resolve', 'process.getBuiltinModule']);

function literal(node: Expression | { type: string } | undefined): string | undefined {
  if (node === undefined) return undefined;
  if (node.type === 'Literal' && 'value' in node && typeof node.value === 'string') return node.value;
  if (node.type === 'TemplateLiteral' && 'quasis' in node && node.quasis.length === 1) return node.quasis[0]?.value.cooked ?? undefined;
  return undefined;
}

function lineAt(source: string, offset: number): number {
  return source.slice(0, offset).split('\n').length;
}
