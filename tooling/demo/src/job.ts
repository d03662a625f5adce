/**
 * What a client may ask of the peer: the first byte on every connection. After it the file, or pings, until the end of the stream.
 */
export const JOBS = { uploadAndHash: 1, uploadAndCount: 2, download: 3, echo: 4 } as const;

export type Job = keyof typeof JOBS;

export function encodeJob(job: Job): Uint8Array {
  return Uint8Array.of(JOBS[job]);
}

/** @throws Error for a byte that stands for no job */
export function decodeJob(byte: number | undefined): Job {
  for (const [job, code] of Object.entries(JOBS)) if (code === byte) return job as Job;
  throw new Error(`no job has the number ${byte}`);
}
