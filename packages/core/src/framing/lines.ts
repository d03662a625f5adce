import type { BytesField, OneOfField, Section, SectionInput } from '@sock/config';
import { bytes, checkNames, oneOf, section } from '@sock/config';
import type { Cancel } from '../connector.ts';
import type { Socket } from '../socket.ts';
import { FrameDecoder } from './frame-decoder.ts';
import { framesOf } from './frame-iteration.ts';
import type { FrameParser } from './frame-parser.ts';
import { LineParser } from './line-parser.ts';
import type { LineEncoding, LineOf } from './line-text.ts';
import type { Reader } from './reader.ts';

/** What {@link linesSection} holds. */
export interface LinesFields {
  /**
   * The most bytes that a line may have, without its end. **64 KiB**, 1 B to 1 GiB
   *
   * Why: far more than the lines of text protocols have, and little to hold for each connection.
   */
  readonly limit: BytesField;
  /** How lines are answered. **`utf-8`** Why: text protocols are UTF-8 or ASCII, and what is not shows at once. */
  readonly encoding: OneOfField<LineEncoding>;
}

/** The limits of {@link lines} and {@link lineDecoder}. Environment: `SOCK_LINES_…`. */
export const linesSection: Section<'lines', LinesFields> = /*#__PURE__*/ section('lines', {
  limit: /*#__PURE__*/ bytes({
    default: '64KiB',
    min: 1,
    max: '1GiB',
    doc: 'The most bytes that a line may have, without its end',
    reason: 'far more than the lines of text protocols have, and little to hold for each connection',
  }),
  encoding: /*#__PURE__*/ oneOf(['utf-8', 'latin1', 'bytes'], {
    default: 'utf-8',
    doc: 'How lines are answered: text of strict UTF-8, text with one character for each byte, or bytes',
    reason: 'text protocols are UTF-8 or ASCII, and what is not shows at once',
  }),
});

type LinesInput = SectionInput<Section<'lines', LinesFields>>;

/** Options of {@link lineDecoder}. */
export interface LineDecoderOptions<E extends LineEncoding = LineEncoding> extends LinesInput {
  readonly encoding?: E | undefined;
}

/** Options of {@link lines}. `timeout` is the budget of each line. */
export interface LinesOptions<E extends LineEncoding = LineEncoding> extends LineDecoderOptions<E>, Cancel {}

/**
 * The lines of a socket, or of a reader, until a clean end; they end with LF or CRLF, which is no part of them. Leaving the loop loses nothing.
 *
 * The loop throws `ERR_SOCK_LIMIT` for a line that is too long, `ERR_SOCK_MALFORMED` for one that is no UTF-8, `ERR_SOCK_UNEXPECTED_END` when the
 * stream ends without the end of the line, and what `Socket.recv` throws. The bytes of that line can still be read.
 *
 * @throws `ERR_SOCK_CONFIG` for an option that is wrong
 * @example
 * for await (const line of lines(socket, { limit: '8KiB', timeout: '30s' })) await answer(line);
 */
export function lines<E extends LineEncoding = 'utf-8'>(source: Socket | Reader, options: LinesOptions<E> = {}): AsyncIterable<LineOf<E>> {
  checkNames('lines', options, ['signal', 'timeout', 'limit', 'encoding']);
  const { signal, timeout, ...own } = options;
  const { limit, encoding } = linesSection.resolve(own, 'lines()');
  return framesOf(source, () => new LineParser(limit, encoding) as FrameParser<LineOf<E>>, { signal, timeout });
}

/**
 * {@link lines} without a socket, see {@link FrameDecoder}.
 *
 * @throws `ERR_SOCK_CONFIG` for an option that is wrong
 */
export function lineDecoder<E extends LineEncoding = 'utf-8'>(options: LineDecoderOptions<E> = {}): FrameDecoder<LineOf<E>> {
  const { limit, encoding } = linesSection.resolve(options, 'lineDecoder()');
  return new FrameDecoder(new LineParser(limit, encoding) as FrameParser<LineOf<E>>);
}
