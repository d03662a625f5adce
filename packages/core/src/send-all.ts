import type { Cancel } from './connector.ts';
import { Budget } from './deadline.ts';
import type { Socket } from './socket.ts';

/** `Socket.sendAll`: everything from `source`, under one budget, and written when it resolves. */
export async function sendAll(
  socket: Pick<Socket, 'send' | 'flush'>,
  source: Uint8Array | Iterable<Uint8Array> | AsyncIterable<Uint8Array>,
  options: Cancel | undefined,
): Promise<number> {
  const budget = new Budget(options);
  let sum = 0;
  if (source instanceof Uint8Array) {
    await socket.send(source, budget.rest());
    sum = source.length;
  } else {
    for await (const chunk of source) {
      await socket.send(chunk, { ...budget.rest(), owned: true });
      sum += chunk.length;
    }
  }
  await socket.flush(budget.rest());
  return sum;
}
