import { setImmediate } from 'node:timers/promises';
import { afterEach, beforeEach } from 'vitest';

/** What of Node's active resources a test may leave behind by mistake. A worker's own pipes and ports are no one's leak. */
const KINDS: ReadonlySet<string> = new Set([
  'TCPSocketWrap', 'TCPServerWrap', 'TCPConnectWrap', 'PipeWrap', 'PipeServerWrap', 'PipeConnectWrap', 'TLSWrap', 'ShutdownWrap',
  'WriteWrap', 'Timeout', 'GetAddrInfoReqWrap', 'ProcessWrap', 'FSReqCallback', 'FSReqPromise', 'UDPWrap',
]);

/**
 * Fails each test of the file, or of the `describe` block, that leaves a socket, server, timer or look-up open, and names it. What is
 * closing gets a grace of some turns of the event loop.
 */
export function leakGuard(): void {
  let before = openHandles();
  beforeEach(() => {
    before = openHandles();
  });
  afterEach(async () => {
    const left = await leftBehind(before);
    if (left !== '') throw new Error(`the test left behind: ${left}`);
  });
}

/** How many of each kind are open now. */
export function openHandles(): Map<string, number> {
  const counts = new Map<string, number>();
  for (const kind of process.getActiveResourcesInfo()) {
    if (KINDS.has(kind)) counts.set(kind, (counts.get(kind) ?? 0) + 1);
  }
  return counts;
}

/** What is open beyond `before` and does not go away by itself within the grace: `1 × Timeout`, or nothing. */
export async function leftBehind(before: ReadonlyMap<string, number>, graceMs = 500): Promise<string> {
  const endsAt = performance.now() + graceMs;
  for (;;) {
    const left = [...openHandles()]
      .map(([kind, count]) => [kind, count - (before.get(kind) ?? 0)] as const)
      .filter(([, more]) => more > 0)
      .map(([kind, more]) => `${more} × ${kind}`);
    if (left.length === 0 || performance.now() > endsAt) return left.toSorted().join(', ');
    await setImmediate();
  }
}
