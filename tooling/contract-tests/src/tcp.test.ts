import { describeSocketContract } from './index.ts';
import { asPair, plainPair } from './plain-pair.ts';

describeSocketContract('TCP', async (limits) => asPair(...(await plainPair('127.0.0.1:0', limits))), { reset: true, inFlightBytes: 12 * 1024 * 1024 });
