/**
 * Calls a hook of the program, an observer or a recorder. What it throws is dropped, and what it rejects with when it is an async function, too: any peer can make
 * it run, and must not be able to end the process.
 */
export function callHook(hook: () => unknown): void {
  try {
    const answer = hook() as { readonly then?: unknown } | null | undefined;
    if (typeof answer?.then === 'function') Promise.resolve(answer).catch(() => {});
  } catch {
    // Dropped, see above: it has its own ways to report.
  }
}
