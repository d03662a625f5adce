import type { Copy } from './copy.ts';
import { copyRepository } from './copy.ts';
import { withEdits } from './edit.ts';
import type { Fault, Tests } from './fault.ts';
import { runTests } from './test-run.ts';
import type { Verdict } from './verdict.ts';
import { isGood, judgeFault, judgeHealthy, notPutIn, place } from './verdict.ts';

/** What is put back, and where. */
export interface PutBack {
  /** The repository; it stays as it is. */
  readonly root: string;
  readonly faults: readonly Fault[];
  /** Runs at a time, each in a copy of its own. */
  readonly lanes: number;
  readonly print: (verdict: Verdict) => void;
  /** Ends it early; the copies are removed all the same. */
  readonly signal: AbortSignal;
}

/**
 * Puts each fault into a copy of the repository and runs its tests, and once for each file of tests those that its faults name without any fault.
 *
 * @returns whether every fault was noticed, and every test passed without
 */
export async function putBack({ root, faults, lanes, print, signal }: PutBack): Promise<boolean> {
  const jobs = [...healthy(faults).map((tests) => healthyJob(tests)), ...faults.map((fault) => faultJob(fault))];
  let good = true;
  const lane = async (): Promise<void> => {
    const copy = copyRepository(root);
    try {
      for (let job = jobs.shift(); job !== undefined && !signal.aborted; job = jobs.shift()) {
        const verdict = await job(copy, signal);
        if (signal.aborted) break;
        good &&= isGood(verdict);
        print(verdict);
      }
    } finally {
      copy.remove();
    }
  };
  await Promise.all(Array.from({ length: Math.min(lanes, jobs.length) }, lane));
  return good && !signal.aborted;
}

type Job = (copy: Copy, signal: AbortSignal) => Promise<Verdict>;

/** A fault may make tests wait for ever: they get less time than they have without. */
const FAULTY_TEST_MS = 4000;

function faultJob(fault: Fault): Job {
  return async ({ root }, signal) => {
    try {
      return await withEdits(root, fault.edits, async () => judgeFault(fault, await runTests(root, fault.tests, { testTimeoutMs: FAULTY_TEST_MS }, signal)));
    } catch (error) {
      return notPutIn(fault, error);
    }
  };
}

function healthyJob(tests: Tests): Job {
  return async ({ root }, signal) => judgeHealthy(tests, await runTests(root, tests, {}, signal));
}

/** The tests of all faults, those of one file together. */
export function healthy(faults: readonly Fault[]): Tests[] {
  const files = new Map<string, Tests>();
  for (const { tests } of faults) {
    const known = files.get(place(tests));
    const named = known === undefined ? tests.named : known.named === undefined || tests.named === undefined ? undefined : `${known.named}|${tests.named}`;
    files.set(place(tests), { ...tests, named });
  }
  return [...files.values()];
}
