import { readableOf } from './readable.js';
import { writableOf } from './writable.js';
/**
 * `readable` and `writable` of one socket, which is theirs from now on: when nobody is left who reads or writes, it is released. Each half ends by
 * itself (`writable.close()` is a half-close); aborting the writable destroys the connection, and with it the readable; when the readable was
 * cancelled and the writable is closed, the socket is closed: what was written leaves, what still comes is dropped.
 *
 * @throws as `readable` and `writable`
 */
export function duplexPair(socket, options) {
    let halvesDone = 0;
    const done = () => {
        halvesDone += 1;
        if (halvesDone === 2)
            void socket.close();
    };
    return { writable: writableOf(socket, 'duplexPair', options, done), readable: readableOf(socket, 'duplexPair', done) };
}
//# sourceMappingURL=duplex-pair.js.map