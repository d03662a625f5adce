// Asks many HTTP servers at once, 64 at a time, and prints what each answered: node fan-out.js HOST:PORT…
import { createOperations } from '@sock/async';
import type { Endpoint, Socket } from '@sock/core';
import { formatEndpoint, parseEndpoint } from '@sock/core';
import { tcp } from '@sock/io';

const AT_ONCE = 64;
const MOST_BYTES = 1024 * 1024;

/** One server: what is known of it so far. */
interface Job {
  readonly target: Endpoint;
  socket?: Socket;
  head: string;
  bytes: number;
}

const dial = tcp();
const operations = createOperations<Job>({ batched: true, defaultTimeout: '5s' });
const targets = process.argv.slice(2).map(parseEndpoint);
const decoder = new TextDecoder();
let running = 0;
let failed = 0;

function begin(): void {
  while (running < AT_ONCE) {
    const target = targets.shift();
    if (target === undefined) break;
    running += 1;
    operations.submit({ op: 'connect', connector: dial, target }, { data: { target, head: '', bytes: 0 } });
  }
  // The last one has told: the loop below ends.
  if (running === 0) void operations.close();
}

/** One job is done, or cannot go on; its place is free for the next. */
function end(job: Job, answer: string): void {
  console.log(`${formatEndpoint(job.target)}: ${answer}`);
  job.socket?.destroy();
  running -= 1;
  begin();
}

function ask(job: Job, socket: Socket): void {
  job.socket = socket;
  const bytes = new TextEncoder().encode(`GET / HTTP/1.0\r\nhost: ${formatEndpoint(job.target)}\r\n\r\n`);
  operations.submitBatch([
    // The receive begins when the send has succeeded, and is cancelled with its error when it has not: so it alone stands for the job.
    { operation: { op: 'send', socket, bytes } },
    { operation: { op: 'recv', socket }, after: 'previous', data: job },
  ]);
}

function took(job: Job, chunk: Uint8Array | null): void {
  if (chunk === null || job.socket === undefined) return end(job, `${job.head.split('\r\n')[0] || 'nothing'}, ${job.bytes} bytes`);
  job.bytes += chunk.length;
  if (job.head.length < 200) job.head += decoder.decode(chunk);
  if (job.bytes > MOST_BYTES) return end(job, `more than ${MOST_BYTES} bytes`);
  operations.submit({ op: 'recv', socket: job.socket }, { data: job });
}

begin();
for await (const completions of operations) {
  for (const { data: job, ...completion } of completions) {
    if (job === undefined) continue;
    if (completion.outcome !== 'ok') {
      failed += 1;
      end(job, `${completion.outcome}: ${(completion.error as Error).message}`);
    } else if (completion.kind === 'connect') ask(job, completion.value);
    else if (completion.kind === 'recv') took(job, completion.value);
  }
}
process.exitCode = failed === 0 ? 0 : 1;
