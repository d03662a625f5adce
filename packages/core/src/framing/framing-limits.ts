import type { BooleanField, BytesField, ByteSize, OneOfField, Section, SectionInput, SectionValues } from '@sock/config';
import { boolean, bytes, oneOf, parseBytes, section, wrongOption } from '@sock/config';
import type { Cancel } from '../connector.ts';

const MIB = 1024 * 1024;

/** Which byte of a number comes first: the highest (`big`, the order of networks) or the lowest (`little`). */
export type ByteOrder = 'big' | 'little';

/** What {@link readerSection} holds. */
export interface ReaderFields {
  /**
   * The most bytes that one call may collect; a call may give its own `limit`. **1 MiB**, 1 B to 1 GiB
   *
   * Why: a peer decides how long a line is, and often how much `exactly` is asked for.
   */
  readonly limit: BytesField;
  /** The order of the bytes of numbers; a call may give its own `order`. **`big`** Why: it is the order of networks (RFC 1700). */
  readonly order: OneOfField<ByteOrder>;
  /**
   * Overwrites with zeros, in the buffers of the reader, what was read out of them. **false**
   *
   * Why: it costs a copy of every answer.
   */
  readonly secureClear: BooleanField;
}

/** The limits of a `reader`. Environment: `SOCK_READER_…`. */
export const readerSection: Section<'reader', ReaderFields> = /*#__PURE__*/ section('reader', {
  limit: /*#__PURE__*/ bytes({
    default: MIB,
    min: 1,
    max: 1024 * MIB,
    doc: 'The most bytes that one call of a reader may collect',
    reason: 'a peer decides how long a line is, and often how much exactly() is asked for',
  }),
  order: /*#__PURE__*/ oneOf(['big', 'little'], { default: 'big', doc: 'The order of the bytes of numbers', reason: 'it is the order of networks' }),
  secureClear: /*#__PURE__*/ boolean({
    default: false,
    doc: 'Overwrites with zeros, in the buffers of the reader, what was read out of them',
    reason: 'it costs a copy of every answer',
  }),
});

/** Options of `reader`. */
export type ReaderOptions = SectionInput<Section<'reader', ReaderFields>>;
/** {@link ReaderOptions}, resolved. */
export type ReaderSettings = SectionValues<Section<'reader', ReaderFields>>;

/** Options of a call that collects bytes. */
export interface LimitOptions extends Cancel {
  /** The most bytes that this call may collect. Default: **the reader's `limit`** */
  readonly limit?: ByteSize | undefined;
}

/** Options of a call that reads a number. */
export interface NumberOptions extends Cancel {
  /** The order of the bytes. Default: **the reader's `order`** */
  readonly order?: ByteOrder | undefined;
}

/** The limit that a call gave, in bytes. @throws `ERR_SOCK_CONFIG` */
export function limitOf(what: string, limit: ByteSize | undefined, fallback: number): number {
  if (limit === undefined) return fallback;
  if (typeof limit === 'number' && Number.isSafeInteger(limit) && limit >= 0) return limit;
  if (typeof limit === 'string') return parseBytes(limit);
  throw wrongOption(what, 'limit', limit, 'bytes such as "64KiB" or 65536');
}
