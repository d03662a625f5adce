import { BatchIterator } from './iter-source.js';
import { iterWriter } from './iter-writer.js';
/**
 * An adapter between a socket and `node:stream/iter`, whose functions take both halves as they are: `pipeTo(channel.readable, gzip, other.writer)`.
 * Which draft it follows stands at `iterWriter`.
 *
 * @throws `ERR_SOCK_ARGUMENT`, `ERR_SOCK_CONFIG` for an option that is wrong
 */
export function iterStream(socket, options) {
    const writer = iterWriter(socket, options);
    const running = new Set();
    const readable = {
        [Symbol.asyncIterator]: () => {
            const iterator = new BatchIterator(socket, () => running.delete(iterator));
            running.add(iterator);
            return iterator;
        },
    };
    const close = async () => {
        // Before the socket is closed, so that a loop which waits ends and does not fail.
        for (const iterator of running)
            await iterator.return();
        await socket.close();
    };
    return { readable, writer, close, [Symbol.asyncDispose]: close };
}
//# sourceMappingURL=iter-stream.js.map