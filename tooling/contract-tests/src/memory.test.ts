import { memoryPair } from '@sock/core/memory';
import { describeSocketContract } from './index.ts';

describeSocketContract(
  'memory',
  async (limits) => {
    const [a, b] = memoryPair(limits);
    return {
      a,
      b,
      cleanup: async () => {
        a.destroy();
        b.destroy();
        await Promise.all([a.closed, b.closed]);
      },
    };
  },
  { reset: true, inFlightBytes: 0 },
);
