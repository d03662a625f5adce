/**
 * Reading a socket in the pieces of a protocol, and sending them.
 *
 * @module
 */
export type { ByteQueue } from './framing/byte-queue.ts';
export { delimited } from './framing/delimited.ts';
export type { DelimitedOptions } from './framing/delimited.ts';
export type { FrameCodec, FrameWriter } from './framing/frame-codec.ts';
export { FrameDecoder } from './framing/frame-decoder.ts';
export type { FrameFormat, FrameParser } from './framing/frame-parser.ts';
export { readerSection } from './framing/framing-limits.ts';
export type { ByteOrder, LimitOptions, NumberOptions, ReaderFields, ReaderOptions } from './framing/framing-limits.ts';
export { lengthPrefixed } from './framing/length-prefixed.ts';
export type { LengthPrefixedOptions } from './framing/length-prefixed.ts';
export type { LineEncoding, LineOf } from './framing/line-text.ts';
export { lineWriter } from './framing/line-writer.ts';
export type { LineWriter, LineWriterOptions } from './framing/line-writer.ts';
export { lineDecoder, lines, linesSection } from './framing/lines.ts';
export type { LineDecoderOptions, LinesFields, LinesOptions } from './framing/lines.ts';
export type { NumberKind, NumberOf } from './framing/read-number.ts';
export { reader } from './framing/reader.ts';
export type { Reader } from './framing/reader.ts';
