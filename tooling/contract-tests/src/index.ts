export { describeSocketContract } from './socket-contract.ts';
export type { Capabilities, MakePair, SocketPair } from './socket-pair.ts';
