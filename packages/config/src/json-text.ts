import { show } from './problem.ts';

/** A JSON value, and what is in it where it is an object. */
export interface JsonNode {
  readonly value: unknown;
  readonly members: readonly JsonMember[] | undefined;
}

/** A member of a JSON object, and the line that its name stands on. */
export interface JsonMember extends JsonNode {
  readonly name: string;
  /** From 1. */
  readonly line: number;
}

/** The text is not JSON (RFC 8259). */
export class JsonSyntaxError extends Error {
  override readonly name: 'JsonSyntaxError' = 'JsonSyntaxError';
  readonly found: string;
  readonly expected: string;
  /** From 1. */
  readonly line: number;
  /** From 1, in UTF-16 code units. */
  readonly column: number;

  constructor(found: string, expected: string, line: number, column: number) {
    super(`found ${found} in line ${line}, column ${column}; expected ${expected}`);
    this.found = found;
    this.expected = expected;
    this.line = line;
    this.column = column;
  }
}

/**
 * Reads JSON as `JSON.parse` does and keeps the line of every name, which `JSON.parse` does not; its messages do not name a place on
 * every runtime either. All members are kept, in order, also those whose name stands there twice.
 *
 * @throws {JsonSyntaxError} when the text is not JSON, or lists and objects lie more than 32 deep in each other
 */
export function parseJson(text: string): JsonNode {
  const scanner = new JsonScanner(text);
  const node = scanner.value(0);
  scanner.expect('', 'the end of the file');
  return node;
}

const MAX_DEPTH = 32;

class JsonScanner {
  private readonly text: string;
  private token = '';
  private start = 0;
  private end = 0;
  private line = 1;
  private lineStart = 0;

  constructor(text: string) {
    this.text = text;
    this.next();
  }

  value(depth: number): JsonNode {
    if (depth > MAX_DEPTH) this.fail(`at most ${MAX_DEPTH} levels`);
    if (this.token === '{') return this.object(depth);
    if (this.token === '[') return { value: this.list(depth), members: undefined };
    return { value: this.scalar(), members: undefined };
  }

  expect(token: string, what: string): void {
    if (this.token !== token || (token === '' && this.start < this.text.length)) this.fail(what);
    this.next();
  }

  private object(depth: number): JsonNode {
    const members: JsonMember[] = [];
    this.next();
    while (members.length === 0 ? this.token !== '}' : this.more('}')) {
      const { line } = this;
      if (!this.token.startsWith('"')) this.fail('a name in double quotes');
      const name = this.scalar() as string;
      this.expect(':', '":"');
      members.push({ name, line, ...this.value(depth + 1) });
    }
    this.next();
    return { value: Object.fromEntries(members.map((member) => [member.name, member.value])), members };
  }

  private list(depth: number): unknown[] {
    const items: unknown[] = [];
    this.next();
    while (items.length === 0 ? this.token !== ']' : this.more(']')) items.push(this.value(depth + 1).value);
    this.next();
    return items;
  }

  private more(close: string): boolean {
    if (this.token === close) return false;
    this.expect(',', `"," or "${close}"`);
    return true;
  }

  private scalar(): unknown {
    if (!/^["\d\-tfn]/.test(this.token)) this.fail('a value');
    const value: unknown = JSON.parse(this.token);
    this.next();
    return value;
  }

  private next(): void {
    const space = /[ \t\r\n]*/y;
    space.lastIndex = this.end;
    const blank = space.exec(this.text)?.[0] ?? '';
    // A line break can stand only between tokens: strings have none.
    for (const { 0: end, index } of blank.matchAll(/\r\n?|\n/g)) {
      this.line++;
      this.lineStart = this.end + index + end.length;
    }
    this.start = this.end + blank.length;
    const token = tokens();
    token.lastIndex = this.start;
    this.token = token.exec(this.text)?.[0] ?? '';
    this.end = this.start + this.token.length;
  }

  private fail(expected: string): never {
    // The scanner takes no token that is not whole.
    const broken = this.token === '' && this.text[this.start] === '"';
    const character = this.text.codePointAt(this.start);
    // One character, never the whole token: it may be part of a secret.
    const found = character === undefined ? 'the end of the file' : show(String.fromCodePoint(character));
    throw new JsonSyntaxError(found, broken ? 'a closed string without line breaks and wrong escapes' : expected, this.line, this.start - this.lineStart + 1);
  }
}

// A new one each time, because it keeps its place. A string has one way to match, so an open one is refused in linear time.
function tokens(): RegExp {
  return /[{}[\]:,]|true|false|null|"[^"\\\u0000-\u001f]*(?:\\(?:["\\/bfnrt]|u[\da-fA-F]{4})[^"\\\u0000-\u001f]*)*"|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
}
