// Entry `@sock/core/memory`: byte streams inside one process, for tests and for layers on top of each other.
export { memoryPair, memoryTransportPair } from './memory-pair.ts';
export type { MemoryPairOptions } from './memory-pair.ts';
