/**
 * Byte streams inside one process, for tests and for layers on top of each other.
 *
 * @module
 */
export { memoryPair, memoryTransportPair } from './memory-pair.ts';
export type { MemoryPairOptions } from './memory-pair.ts';
