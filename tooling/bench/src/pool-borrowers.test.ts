import { expect, it } from 'vitest';
import { PoolBorrowers } from './pool-borrowers.ts';
import type { PoolContestantName } from './pool-contestants.ts';

const names: readonly PoolContestantName[] = ['sock', 'generic-pool', 'tarn'];

it.each(names)('%s lends a socket as often as asked for, to callers that wait as well, and makes no more than it may', async (name) => {
  const borrowers = new PoolBorrowers(name, 3);
  expect((await borrowers.run(20, 500, true))?.filter((micros) => micros > 0).length).toBe(500);
  expect(await borrowers.run(20, 500, false)).toBeUndefined();
});

it('a pool that made fewer sockets than there are callers and places was not measured', async () => {
  await expect(new PoolBorrowers('sock', 10).run(5, 3, false)).rejects.toThrow('a pool made 3 sockets for 5 callers, where 5 are right');
});
