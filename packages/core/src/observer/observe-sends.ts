import { isSocketError } from '../errors.ts';
import type { Socket } from '../socket.ts';
import type { Parts } from '../socket-parts.ts';
import type { TransferObservation, Watch } from './observation.ts';
import { active, begin, watchDone, watchWaiting } from './watching.ts';

/** Gives the send queue of this one socket methods of its own, which tell the watch: the queues of others have none, and pay nothing. */
export function observeSends(socket: Socket, { out }: Parts, watch: Watch<TransferObservation>): void {
  const accept = out.accept.bind(out);
  const acceptAll = out.acceptAll.bind(out);
  const send = out.send.bind(out);
  const observation = (waited: boolean, bytes: number): TransferObservation => ({ ...begin(waited, socket.remote), socket, bytes });
  const accepted = (bytes: number): number => {
    if (bytes > 0 && active(watch) !== undefined) watchDone(watch, observation(false, bytes));
    return bytes;
  };
  out.accept = (bytes) => accepted(accept(bytes));
  out.acceptAll = (chunks) => accepted(acceptAll(chunks));
  out.send = (chunks, mode, cancel) => {
    if (active(watch) === undefined) return send(chunks, mode, cancel);
    const bytes = chunks.reduce((sum, { length }) => sum + length, 0);
    return watchWaiting(watch, observation(true, bytes), () => send(chunks, mode, cancel), {
      failed: (sent, error) => void (sent.bytes = isSocketError(error) ? error.bytesMoved : 0),
    });
  };
}
