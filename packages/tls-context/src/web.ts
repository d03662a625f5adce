/**
 * TLS for the Sockets API of `@sock/io/web`.
 *
 * @module
 */
export { webSockets } from './web/web-sockets.ts';
export type { WebSocketsOptions } from './web/web-sockets.ts';
