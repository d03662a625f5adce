import { memoryPair } from '@sock/core/memory';
import { describeSocketContract } from './index.ts';
import { asPair } from './plain-pair.ts';

describeSocketContract(
  'memory',
  async (limits) => {
    const [a, b] = memoryPair(limits);
    return asPair(a, b);
  },
  { reset: true, inFlightBytes: 0 },
);
