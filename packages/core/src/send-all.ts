import type { Cancel } from './connector.ts';
import { Budget, wait } from './deadline.ts';
import { ERROR, HANGUP } from './ready.ts';
import type { Socket } from './socket.ts';
import type { ReadyMask } from './transport.ts';

type Steps = Iterator<Uint8Array> | AsyncIterator<Uint8Array>;

/** `Socket.sendAll`: everything from `source`, under one budget, and written when it resolves. */
export async function sendAll(
  socket: Socket,
  source: Uint8Array | Iterable<Uint8Array> | AsyncIterable<Uint8Array>,
  options: Cancel | undefined,
): Promise<number> {
  const budget = options === undefined ? undefined : new Budget(options);
  let sum = 0;
  if (source instanceof Uint8Array) {
    await socket.send(source, budget?.rest());
    sum = source.length;
  } else {
    sum = await sendEach(socket, Symbol.asyncIterator in source ? source[Symbol.asyncIterator]() : source[Symbol.iterator](), budget);
  }
  await socket.flush(budget?.rest());
  return sum;
}

async function sendEach(socket: Socket, steps: Steps, budget: Budget | undefined): Promise<number> {
  const loss = new Loss(socket);
  let sum = 0;
  let finished = false;
  try {
    for (;;) {
      const step = await nextStep(socket, steps, loss, budget);
      if (step.done === true) {
        finished = true;
        return sum;
      }
      await socket.send(step.value, budget === undefined ? GIVEN : { ...budget.rest(), owned: true });
      sum += step.value.length;
    }
  } finally {
    loss.forget();
    // Not awaited, and its failure is not ours: a source that hangs must not hold up what ended this.
    if (!finished) void leave(steps).catch(() => {});
  }
}

async function leave(steps: Steps): Promise<void> {
  await steps.return?.();
}

/** The next chunk; a source that is idle is left when the budget is used up, and when nothing can be sent any more. */
function nextStep(socket: Socket, steps: Steps, loss: Loss, budget: Budget | undefined): Promise<IteratorResult<Uint8Array, unknown>> {
  return wait(budget?.rest(), { phase: 'send', what: 'sendAll', endpoint: socket.remote }, (resolve, reject) => {
    loss.tell(reject);
    Promise.resolve(steps.next()).then(resolve, reject);
    return () => loss.tell(undefined);
  });
}

/** Watches a socket for one call, not for each step of it: a fast source spends its time there. */
class Loss {
  readonly #socket: Socket;
  /** Ends the watch. */
  readonly forget: () => void;
  #lost: boolean;
  #giveUp: ((error: unknown) => void) | undefined;

  constructor(socket: Socket) {
    this.#socket = socket;
    // What was lost before tells nothing any more.
    this.#lost = isLost(socket.ready);
    this.forget = socket.onReady((ready) => {
      if (!isLost(ready)) return;
      this.#lost = true;
      this.tell(this.#giveUp);
    });
  }

  /** Whom to tell that nothing can be sent any more, from now on. */
  tell(giveUp: ((error: unknown) => void) | undefined): void {
    this.#giveUp = giveUp;
    // A send that can do nothing tells why.
    if (this.#lost && giveUp !== undefined) this.#socket.send(new Uint8Array(0)).catch(giveUp);
  }
}

function isLost(ready: ReadyMask): boolean {
  return (ready & (ERROR | HANGUP)) !== 0;
}

const GIVEN = { owned: true } as const;
