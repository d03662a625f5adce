import type { Socket } from '../socket.ts';
import type { Parts } from '../socket-parts.ts';
import type { TransferObservation, Watch } from './observation.ts';
import { active, begin, watchDone, watchWaiting } from './watching.ts';

/** The receives that wait for bytes of their own. Others stand there for a reader or a stream, whose owner takes the bytes from time to time. */
const CALLS: ReadonlySet<string> = /*#__PURE__*/ new Set(['recv', 'recvv', 'recvInto', 'recvvInto', 'recvExactly']);

/** As `observeSends`, for the receiving half. Each receive is told once, with the bytes that it got, whatever it took and gave back meanwhile. */
export function observeReceives(socket: Socket, { side, life }: Parts, watch: Watch<TransferObservation>): void {
  const take = side.take.bind(side);
  const giveBack = side.giveBack.bind(side);
  const fill = side.fill.bind(side);
  const fillAll = side.fillAll.bind(side);
  const until = side.until.bind(side);
  /** The receive under way, which counts. */
  let counting: { bytes: number } | undefined;
  const observation = (waited: boolean, bytes: number): TransferObservation => ({ ...begin(waited, socket.remote), socket, bytes });
  const counted = <T>(counter: { bytes: number }, work: () => T): T => {
    const before = counting;
    counting = counter;
    try {
      return work();
    } finally {
      counting = before;
    }
  };
  const taken = (bytes: number): void => {
    // What an upgrade takes along is not the program's.
    if (bytes > 0 && life.state !== 'detached' && active(watch) !== undefined) watchDone(watch, observation(false, bytes));
  };
  const filled = (work: () => number): number => {
    if (counting !== undefined) {
      // Bytes may come past take(), straight from where they landed.
      const counter = counting;
      const { bytes } = counter;
      const count = work();
      counter.bytes = bytes + count;
      return count;
    }
    const count = counted({ bytes: 0 }, work);
    taken(count);
    return count;
  };

  side.take = () => {
    const chunk = take();
    if (chunk === null) return null;
    if (counting === undefined) taken(chunk.length);
    else counting.bytes += chunk.length;
    return chunk;
  };
  side.giveBack = (chunk) => {
    giveBack(chunk);
    if (counting !== undefined) counting.bytes -= chunk.length;
  };
  side.fill = (target) => filled(() => fill(target));
  side.fillAll = (targets) => filled(() => fillAll(targets));
  side.until = (receive, cancel) => {
    if (!CALLS.has(receive.what) || active(watch) === undefined) return until(receive, cancel);
    const receiving = observation(true, 0);
    const watched = {
      what: receive.what,
      attempt: () => counted(receiving, () => receive.attempt()),
      undo: receive.undo === undefined ? undefined : () => counted(receiving, () => receive.undo?.()),
    };
    return watchWaiting(watch, receiving, () => until(watched, cancel), {});
  };
}
