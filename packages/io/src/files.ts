/**
 * Files on their way to a socket.
 *
 * @module
 */
export { sendfile } from './files/sendfile.ts';
export { SendfileError } from './files/sendfile-error.ts';
export type { SendfileErrorCode } from './files/sendfile-error.ts';
export type { SendfileOptions, SendfileProgress, SendfileResult } from './files/sendfile-options.ts';
