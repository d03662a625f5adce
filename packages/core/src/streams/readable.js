import { copyOf } from '../concat.js';
import { partsOf, Receiving } from './receiving.js';
/**
 * The received bytes as a WHATWG `ReadableStream`: a byte stream where the runtime has them (a BYOB reader's buffer is filled from the socket,
 * with no chunk between), else one of chunks. It takes over the receiving of `socket` at once, and holds nothing itself: what nobody reads
 * stays in the socket and stops the peer.
 *
 * It closes at the clean end and fails with the connection's error, after all bytes that came before. `cancel()`, and with it leaving a
 * `for await` loop, gives the receiving back: the socket stays open and loses nothing.
 *
 * @throws `ERR_SOCK_BUSY` while another receive waits or another reader is at work, `ERR_SOCK_CLOSED`, `ERR_SOCK_DETACHED`, `ERR_SOCK_ARGUMENT`
 * @example
 * for await (const chunk of readable(socket).pipeThrough(new DecompressionStream('gzip'))) console.log(chunk.length);
 */
export function readable(socket) {
    return readableOf(socket, 'readable', () => { });
}
/** {@link readable}; `onCancel` hears of a cancel after the receiving was given back. */
export function readableOf(socket, what, onCancel) {
    return new SocketSource(partsOf(socket, what), what, onCancel).stream;
}
class SocketSource {
    stream;
    #parts;
    #receiving;
    #onCancel;
    #controller;
    /** It takes away the memory of what it is given. */
    #transfers = true;
    /** The stream has asked for bytes and got none since. */
    #wanted = false;
    #serving = false;
    #over = false;
    constructor(parts, what, onCancel) {
        this.#parts = parts;
        this.#onCancel = onCancel;
        this.stream = this.#open();
        this.#receiving = new Receiving(parts, what, () => this.#serve(), (error) => this.#fail(error));
        // An end or a failure that came before is told at once, as a later one is.
        this.#serve();
    }
    #open() {
        const start = (controller) => {
            this.#controller = controller;
        };
        const pull = () => {
            this.#wanted = true;
            this.#serve();
        };
        const cancel = () => {
            this.#over = true;
            this.#receiving.release();
            this.#onCancel();
        };
        try {
            return new ReadableStream({ type: 'bytes', start, pull, cancel });
        }
        catch {
            // The runtime has no byte streams.
            this.#transfers = false;
            return new ReadableStream({ start, pull, cancel }, { highWaterMark: 0 });
        }
    }
    #serve() {
        // To take a chunk may bring the next one, and to give it may ask for the next: both are seen by the loop that is under way.
        if (this.#serving)
            return;
        this.#serving = true;
        try {
            while (this.#wanted && !this.#over && this.#give())
                ;
            if (!this.#over)
                this.#end();
        }
        catch (error) {
            this.#fail(error);
        }
        finally {
            this.#serving = false;
        }
    }
    /** Gives the stream what it asked for, if it has come. */
    #give() {
        const { side } = this.#parts;
        const request = this.#controller.byobRequest;
        const view = request?.view;
        if (request && view) {
            const count = side.fill(view);
            if (count === 0)
                return false;
            this.#given();
            request.respond(count);
            return true;
        }
        const chunk = side.take();
        if (chunk === null)
            return false;
        this.#given();
        this.#controller.enqueue((this.#transfers ? ownMemory(chunk) : chunk));
        return true;
    }
    #given() {
        this.#parts.side.calls += 1;
        // Before the stream has them: it may ask for more at once.
        this.#wanted = false;
    }
    /** Also when nobody reads: whoever waits for `reader.closed` is told. */
    #end() {
        const { side, transport } = this.#parts;
        if (side.held > 0 || transport.buffered > 0 || !this.#receiving.atEnd())
            return;
        this.#over = true;
        this.#receiving.release();
        this.#controller.close();
        // The buffer of a BYOB reader that waits goes back to it empty.
        this.#controller.byobRequest?.respond(0);
    }
    #fail(error) {
        // After its end, only `close` has thrown: the stream ended in the middle of an element of a BYOB reader, and has failed by itself.
        if (this.#over)
            return;
        this.#over = true;
        this.#receiving.release();
        this.#controller.error(error);
    }
}
/**
 * A byte stream detaches the memory of what it is given, from everybody: a chunk that is but a part of its memory must be copied. (Node's pool of
 * small Buffers is such a memory, and the rest of a chunk that was given back to the socket.)
 */
function ownMemory(chunk) {
    const { buffer } = chunk;
    const whole = buffer.byteLength === chunk.length && Object.prototype.toString.call(buffer) === '[object ArrayBuffer]';
    return whole ? chunk : copyOf(chunk);
}
//# sourceMappingURL=readable.js.map