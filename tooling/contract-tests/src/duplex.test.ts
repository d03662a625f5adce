import { memoryPair } from '@sock/core/memory';
import { fromDuplex, toDuplex } from '@sock/io';
import { describeSocketContract } from './index.ts';
import { asPair } from './plain-pair.ts';

describeSocketContract(
  'a Node stream over memory, and a socket over that',
  async (limits) => {
    const [left, right] = memoryPair({ ...limits, lingerTimeout: 0 });
    const a = fromDuplex(toDuplex(left), limits);
    const b = fromDuplex(toDuplex(right), limits);
    return asPair(a, b, [left, right]);
  },
  // The stream has no way to say "reset" to the layer that it ends; the error comes through from below.
  { reset: true, inFlightBytes: 1024 * 1024 },
);
