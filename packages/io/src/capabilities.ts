/**
 * What files and sockets can do together here.
 *
 * @module
 */
export { ioCapabilities } from './capabilities/io-capabilities.ts';
export type { IoCapabilities } from './capabilities/io-capabilities.ts';
