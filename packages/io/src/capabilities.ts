// Entry `@sock/io/capabilities`: what files and sockets can do together here.
export { ioCapabilities } from './capabilities/io-capabilities.ts';
export type { IoCapabilities } from './capabilities/io-capabilities.ts';
