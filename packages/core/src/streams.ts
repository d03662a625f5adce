/**
 * A socket as streams of other kinds, and bytes from one socket to another.
 *
 * @module
 */
export { duplexPair } from './streams/duplex-pair.ts';
export type { DuplexPair } from './streams/duplex-pair.ts';
export { fromSocket } from './streams/iter-source.ts';
export { iterStream } from './streams/iter-stream.ts';
export type { IterStream } from './streams/iter-stream.ts';
export { iterWriter } from './streams/iter-writer.ts';
export type { IterWriter, IterWriterOptions, IterWriteOptions } from './streams/iter-writer.ts';
export { pipe } from './streams/pipe.ts';
export type { PipeOptions } from './streams/pipe.ts';
export { PipeError } from './streams/pipe-error.ts';
export { readable } from './streams/readable.ts';
export { relay } from './streams/relay.ts';
export type { RelayOptions } from './streams/relay.ts';
export { RelayError } from './streams/relay-error.ts';
export type { RelayStats } from './streams/relay-error.ts';
export { writable } from './streams/writable.ts';
export type { WritableOptions } from './streams/writable.ts';
