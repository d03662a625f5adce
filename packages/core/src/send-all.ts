import type { Cancel } from './connector.ts';
import { Budget, wait } from './deadline.ts';
import { ERROR, HANGUP } from './ready.ts';
import type { Socket } from './socket.ts';

type Steps = Iterator<Uint8Array> | AsyncIterator<Uint8Array>;

/** `Socket.sendAll`: everything from `source`, under one budget, and written when it resolves. */
export async function sendAll(
  socket: Socket,
  source: Uint8Array | Iterable<Uint8Array> | AsyncIterable<Uint8Array>,
  options: Cancel | undefined,
): Promise<number> {
  const budget = new Budget(options);
  let sum = 0;
  if (source instanceof Uint8Array) {
    await socket.send(source, budget.rest());
    sum = source.length;
  } else {
    sum = await sendEach(socket, Symbol.asyncIterator in source ? source[Symbol.asyncIterator]() : source[Symbol.iterator](), budget);
  }
  await socket.flush(budget.rest());
  return sum;
}

async function sendEach(socket: Socket, steps: Steps, budget: Budget): Promise<number> {
  let sum = 0;
  let finished = false;
  try {
    for (;;) {
      const step = await nextStep(socket, steps, budget);
      if (step.done === true) {
        finished = true;
        return sum;
      }
      await socket.send(step.value, { ...budget.rest(), owned: true });
      sum += step.value.length;
    }
  } finally {
    // Not awaited, and its failure is not ours: a source that hangs must not hold up what ended this.
    if (!finished) void Promise.resolve(steps.return?.()).catch(() => {});
  }
}

/** The next chunk; a source that is idle is left when the budget is used up, and when nothing can be sent any more. */
function nextStep(socket: Socket, steps: Steps, budget: Budget): Promise<IteratorResult<Uint8Array, unknown>> {
  return wait(budget.rest(), { phase: 'send', what: 'sendAll', endpoint: socket.remote }, (resolve, reject) => {
    const unwatch = socket.onReady((ready) => {
      if ((ready & (ERROR | HANGUP)) === 0) return;
      unwatch();
      // A send that can do nothing tells why.
      socket.send(new Uint8Array(0)).catch(reject);
    });
    Promise.resolve(steps.next()).then(resolve, reject).finally(unwatch);
    return unwatch;
  });
}
