import fc from 'fast-check';
import { expect, it } from 'vitest';
import { connectAll, shareOf } from './many-clients.ts';

it('connections share the steps: all of them are done, and nobody does two more than another', () => {
  fc.assert(
    fc.property(fc.nat(10_000), fc.integer({ min: 1, max: 64 }), (count, connections) => {
      const shares = Array.from({ length: connections }, (_, index) => shareOf(count, connections, index));
      expect(shares.reduce((sum, share) => sum + share, 0)).toBe(count);
      expect(Math.max(...shares) - Math.min(...shares)).toBeLessThanOrEqual(1);
    }),
  );
});

it('as many are connected as the work asks for, and each runs its share', async () => {
  const work = { kind: 'bulk', bytes: 1, connections: 3 } as const;
  const ran: number[] = [];
  const client = await connectAll(work, () => Promise.resolve({ run: (_, count) => Promise.resolve(void ran.push(count)) }));
  await client.run(work, 10);
  expect(ran).toEqual([4, 3, 3]);
});
