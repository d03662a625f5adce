import { checkNames, wrongOption } from '@sock/config';
import { bytesRefusal } from '../bytes-refusal.ts';
import { closedError } from '../close.ts';
import type { Socket } from '../socket.ts';
import { partsOf } from './receiving.ts';

/** Options of {@link writable}. */
export interface WritableOptions {
  /** Chunks are given away, see `send`: a write is over when its chunk was accepted. The fastest way for large chunks. Default: **false** */
  readonly owned?: boolean | undefined;
}

/**
 * The sending of `socket` as a WHATWG `WritableStream`. The stream holds nothing itself: `ready` waits, and `desiredSize` is not positive, while a
 * chunk waits for room in the socket's queue. A write resolves when its chunk may be used again, as `send` does.
 *
 * `close()` is `shutdown()`, and receiving goes on; `abort(reason)` is `destroy(reason)`, at once, also while a write waits. A chunk that is no
 * bytes fails the write and the stream, and destroys the connection: the peer must not take what came before for the whole.
 *
 * @throws `ERR_SOCK_CLOSED`, `ERR_SOCK_DETACHED`, `ERR_SOCK_ARGUMENT`, `ERR_SOCK_CONFIG` for an option that is wrong. Writes fail as `send` does
 * @example
 * await response.body.pipeTo(writable(socket));
 */
export function writable(socket: Socket, options?: WritableOptions): WritableStream<Uint8Array> {
  return writableOf(socket, 'writable', options, () => {});
}

/** {@link writable}; `onEnd` hears when this side's end has left. */
export function writableOf(socket: Socket, what: string, options: WritableOptions | undefined, onEnd: () => void): WritableStream<Uint8Array> {
  const sendOptions = sendOptionsOf(what, options);
  const { life, transport } = partsOf(socket, what);
  const refusal = life.sendRefusal();
  if (refusal !== undefined) throw refusal;
  return new WritableStream<Uint8Array>(
    {
      start: (controller) => {
        // The `abort` below is not called while a write waits, and a peer that does not read would hold it up for ever.
        const { signal } = controller as { readonly signal?: AbortSignal };
        signal?.addEventListener('abort', () => socket.destroy(signal.reason), { once: true });
        void socket.closed.then(({ cause }) => {
          controller.error(transport.failure ?? closedError('send', 'the connection has ended', socket.remote, cause));
        });
      },
      write: (chunk) => {
        const wrong = bytesRefusal(chunk, socket.remote);
        if (wrong === undefined) return socket.send(chunk, sendOptions);
        socket.destroy(wrong);
        throw wrong;
      },
      close: async () => {
        await socket.shutdown();
        onEnd();
      },
      abort: (reason) => socket.destroy(reason),
    },
    // One byte too many is enough: then the socket's queue is full, and that is the queue.
    { highWaterMark: 1, size: sizeOf },
  );
}

function sendOptionsOf(what: string, options: WritableOptions | undefined): { readonly owned: true } | undefined {
  checkNames(what, options, ['owned']);
  const owned = options?.owned ?? false;
  if (typeof owned !== 'boolean') throw wrongOption(what, 'owned', owned, 'true or false');
  return owned ? { owned } : undefined;
}

/** Of whatever it is: the write itself says what is wrong with it. */
function sizeOf(chunk: Uint8Array | undefined): number {
  const length: unknown = (chunk as Partial<Uint8Array> | undefined | null)?.byteLength;
  return typeof length === 'number' && length >= 0 ? length : 1;
}
