export { describeSocketContract } from './socket-contract.ts';
export type { Capabilities, MakePair, SocketPair } from './socket-pair.ts';
export { describeSocketsApi } from './web-conformance.ts';
export type { SocketsApiUnderTest } from './web-conformance.ts';
