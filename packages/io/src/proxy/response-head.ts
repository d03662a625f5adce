/** The head of an HTTP/1 response. */
export interface ResponseHead {
  readonly status: number;
  /** Printable ASCII, 100 characters at most: a stranger's text. */
  readonly reason: string;
  /** Names in small letters; repeated ones are joined by `, `. */
  readonly headers: ReadonlyMap<string, string>;
}

/** What is wrong with bytes that should be a response: the end of a sentence. */
export class ResponseFault extends Error {}

/**
 * Where the head ends (behind the empty line), or -1 while it has not come. A line that ends with a bare LF is refused: two readers could
 * see two different ends.
 *
 * @param seen - how many bytes an earlier call has looked at
 * @throws {ResponseFault} as soon as it cannot be an HTTP/1 response any more
 */
export function scanHead(bytes: Uint8Array, seen: number): number {
  for (let index = seen; index < bytes.length; index += 1) {
    if (index < START.length && bytes[index] !== START.charCodeAt(index)) throw new ResponseFault(`answered with byte ${bytes[index]} at place ${index}, which is no HTTP/1 response`);
    if (bytes[index] !== LF) continue;
    if (bytes[index - 1] !== CR) throw new ResponseFault('ended a line of its answer with LF alone');
    if (bytes[index - 2] === LF && bytes[index - 3] === CR) return index + 1;
  }
  return -1;
}

/**
 * Reads a head that {@link scanHead} found the end of (RFC 9112, section 4, 5).
 *
 * @throws {ResponseFault}
 */
export function parseHead(bytes: Uint8Array, maxHeaders: number): ResponseHead {
  const [first = '', ...lines] = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length - 4).toString('latin1').split('\r\n');
  const match = STATUS_LINE.exec(first);
  if (match === null) throw new ResponseFault('answered with a status line that is none');
  if (lines.length > maxHeaders) throw new ResponseFault(`answered with ${lines.length} header fields; ${maxHeaders} is the most (maxHeaders)`);
  const headers = new Map<string, string>();
  for (const line of lines) {
    const [, name, value] = FIELD_LINE.exec(line) ?? [];
    if (name === undefined || value === undefined) throw new ResponseFault('answered with a header line that is none');
    const key = name.toLowerCase();
    const earlier = headers.get(key);
    headers.set(key, earlier === undefined ? value : `${earlier}, ${value}`);
  }
  return { status: Number(match[1]), reason: (match[2] ?? '').replace(/[^\x20-\x7e]/g, '?').slice(0, 100), headers };
}

const CR = 13;
const LF = 10;
const START = 'HTTP/1.';
const STATUS_LINE = /^HTTP\/1\.[01] ([1-5]\d\d)(?: ([\t\x20-\x7e\x80-\xff]*))?$/;
/** No white space before the colon, no folded line (it would begin with white space). */
const FIELD_LINE = /^([!#$%&'*+.^_`|~0-9a-zA-Z-]+):[\t ]*([\t\x20-\x7e\x80-\xff]*?)[\t ]*$/;
