import type { ByteSize, BytesField, IntField, Optional, Section, SectionValues } from '@sock/config';
import { bytes, int, section } from '@sock/config';
import type { Cancel } from '@sock/core';

/** Options of `sendfile`. A `timeout` is the budget for all of it, opening the file included. */
export interface SendfileOptions extends Cancel {
  /** The first byte to send: 0 is the beginning of the file, wherever a given handle stands. Default: **0** */
  readonly offset?: ByteSize | undefined;
  /** Bytes to send; a file that has fewer is refused before any is sent. Default: **to the end that the file has when this begins** */
  readonly length?: ByteSize | undefined;
  /**
   * Called each time the socket has given bytes back as sent. What it throws stops the call with `ERR_SOCK_ABORTED`, whose `cause` it is.
   * Default: **none**
   */
  readonly onProgress?: ((progress: SendfileProgress) => void) | undefined;
  /** Bytes of one read. 4 KiB to 16 MiB. Default: **256 KiB**, the fastest that was measured */
  readonly chunkSize?: ByteSize | undefined;
  /**
   * Chunks that are being read, wait, or are being written, at most: memory is this many times `chunkSize`. More is for files that are slow
   * to read. 1 to 64. Default: **2**: one is read while the other is written
   */
  readonly maxInFlight?: number | undefined;
}

/** How far a `sendfile` has come. */
export interface SendfileProgress {
  /** Bytes of this call that were sent. */
  readonly bytesSent: number;
  /** The place in the file behind them. */
  readonly offset: number;
  /** Bytes that this call is to send. */
  readonly length: number;
}

/** What a `sendfile` has done. */
export interface SendfileResult {
  /** Bytes of the file that were written to the operating system. */
  readonly bytesSent: number;
  /** The place in the file behind the last of them: where a next call would go on. */
  readonly offset: number;
  /** The size of the file, in bytes. */
  readonly size: number;
}

interface SendfileFields {
  readonly offset: BytesField;
  readonly length: Optional<BytesField>;
  readonly chunkSize: BytesField;
  readonly maxInFlight: IntField;
}

/** The numbers of {@link SendfileOptions}. */
export const sendfileSection: Section<'sendfile', SendfileFields> = /*#__PURE__*/ section('sendfile', {
  offset: /*#__PURE__*/ bytes({ default: 0, doc: 'The first byte to send' }),
  length: /*#__PURE__*/ bytes({ doc: 'Bytes to send' }),
  chunkSize: /*#__PURE__*/ bytes({ default: '256KiB', min: '4KiB', max: '16MiB', doc: 'Bytes of one read' }),
  maxInFlight: /*#__PURE__*/ int({ default: 2, min: 1, max: 64, unit: 'chunks', doc: 'Chunks that are being read, wait, or are being written' }),
});

/** Resolved values of {@link sendfileSection}. */
export type SendfileValues = SectionValues<Section<'sendfile', SendfileFields>>;
