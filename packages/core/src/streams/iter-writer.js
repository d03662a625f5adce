import { bytesRefusal, listRefusal } from '../bytes-refusal.js';
import { wait } from '../deadline.js';
import { isSocketError } from '../errors.js';
import { checkNames, wrongOption } from '../framing/framing-limits.js';
import { ERROR, HANGUP, WRITABLE } from '../ready.js';
import { partsOf } from './receiving.js';
/**
 * An {@link IterWriter} over `socket`: what `pipeTo(source, writer)` of `node:stream/iter` writes to. Unlike with `push()`, writes that were not waited
 * for stand in line up to `maxWaitingSends`, and all errors are typed.
 *
 * @throws `ERR_SOCK_ARGUMENT`, `ERR_SOCK_CONFIG` for an option that is wrong. Writes fail as `send` does
 */
export function iterWriter(socket, options) {
    checkNames('iterWriter', options, ['owned']);
    const owned = options?.owned ?? false;
    if (typeof owned !== 'boolean')
        throw wrongOption('iterWriter', 'owned', owned, 'true or false');
    return new SocketWriter(socket, partsOf(socket, 'iterWriter'), owned);
}
const DRAINABLE = /*#__PURE__*/ Symbol.for('Stream.drainableProtocol');
class SocketWriter {
    #socket;
    #parts;
    #owned;
    #state = 'open';
    #bytes = 0;
    #end;
    constructor(socket, parts, owned) {
        this.#socket = socket;
        this.#parts = parts;
        this.#owned = owned;
    }
    get canWrite() {
        const size = this.desiredSize;
        return size === null ? null : size > 0;
    }
    get desiredSize() {
        return this.#open ? this.#parts.out.room : null;
    }
    async write(chunk, options) {
        checkNames('write', options, SIGNAL);
        const bytes = encoded(chunk);
        await this.#sent(this.#socket.send(bytes, { signal: options?.signal, owned: this.#owned }), bytes.length);
    }
    async writev(chunks, options) {
        checkNames('writev', options, SIGNAL);
        const list = this.#listOf(chunks);
        await this.#sent(this.#socket.sendv(list, { signal: options?.signal, owned: this.#owned }), lengthOf(list));
    }
    writeSync(chunk) {
        const bytes = encoded(chunk);
        const refusal = bytesRefusal(bytes, this.#socket.remote);
        if (refusal !== undefined)
            throw refusal;
        return this.#accept([bytes]);
    }
    writevSync(chunks) {
        return this.#accept(this.#listOf(chunks));
    }
    async end(options) {
        checkNames('end', options, SIGNAL);
        return await wait(options, { phase: 'shutdown', what: 'end', endpoint: this.#socket.remote }, (resolve, reject) => {
            this.#end ??= this.#ending();
            this.#end.then(resolve, reject);
        });
    }
    endSync() {
        return this.#state === 'closed' ? this.#bytes : -1;
    }
    fail(reason) {
        if (this.#state === 'closed' || this.#state === 'failed')
            return;
        this.#state = 'failed';
        this.#socket.destroy(reason);
    }
    /** The protocol by which `ondrain(writer)` of `node:stream/iter` asks for room: `true` when there is, `false` when the writer has ended. */
    [DRAINABLE]() {
        if (!this.#open)
            return null;
        if (this.#parts.out.room > 0)
            return Promise.resolve(true);
        return new Promise((resolve, reject) => {
            const unwatch = this.#socket.onReady((ready) => {
                if (this.#open && (ready & (WRITABLE | ERROR | HANGUP)) === 0)
                    return;
                unwatch();
                const { failure } = this.#parts.transport;
                if (failure === undefined)
                    resolve(this.#open);
                else
                    reject(failure);
            });
        });
    }
    [Symbol.dispose]() {
        this.fail();
    }
    async [Symbol.asyncDispose]() {
        if (this.#state === 'closing')
            await this.#end;
        else
            this.fail();
    }
    async #ending() {
        if (this.#state === 'open')
            this.#state = 'closing';
        try {
            await this.#socket.shutdown();
        }
        catch (error) {
            this.#state = 'failed';
            throw error;
        }
        this.#state = 'closed';
        return this.#bytes;
    }
    /** Counts what was sent, of a write that was cancelled too. */
    async #sent(sending, length) {
        try {
            await sending;
            this.#bytes += length;
        }
        catch (error) {
            if (isSocketError(error))
                this.#bytes += error.bytesMoved;
            throw error;
        }
    }
    get #open() {
        return this.#state === 'open' && this.#parts.life.sendRefusal() === undefined;
    }
    #accept(list) {
        const length = lengthOf(list);
        if (!this.#open || length > this.#parts.out.room)
            return false;
        this.#parts.out.acceptAll(list);
        this.#bytes += length;
        return true;
    }
    /** @throws `ERR_SOCK_ARGUMENT` before any of it is sent */
    #listOf(chunks) {
        const list = Array.isArray(chunks) ? chunks.map((chunk) => encoded(chunk)) : chunks;
        const refusal = listRefusal(list, this.#socket.remote);
        if (refusal !== undefined)
            throw refusal;
        return list;
    }
}
const SIGNAL = ['signal'];
function encoded(chunk) {
    return typeof chunk === 'string' ? new TextEncoder().encode(chunk) : chunk;
}
function lengthOf(chunks) {
    let sum = 0;
    for (const { length } of chunks)
        sum += length;
    return sum;
}
//# sourceMappingURL=iter-writer.js.map