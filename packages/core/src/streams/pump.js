import { ERROR, HANGUP } from '../ready.js';
import { partsOf, Receiving } from './receiving.js';
/** Room worth a write of its own, at most: less would cut large chunks into crumbs. */
const PIECE = 64 * 1024;
/**
 * Moves what one socket receives into another, chunk by chunk and without a copy of large ones. It takes only what there is room for, so both
 * queues keep their limits, and whenever it stops, every byte was either accepted by `to` or can be received from `from`.
 */
export class Pump {
    /** Accepted by `to`. */
    bytes = 0;
    #to;
    #events;
    #receiving;
    #unwatch;
    #enough;
    #stopped = false;
    #moving = false;
    #again = false;
    /** Takes over the receiving of `from`; {@link start} begins. @throws why `from` cannot be received from, or `to` sent to */
    constructor(from, to, what, events) {
        const parts = partsOf(from, what);
        this.#to = partsOf(to, what);
        this.#events = events;
        const refusal = this.#to.life.sendRefusal();
        if (refusal !== undefined)
            throw refusal;
        this.#enough = Math.min(PIECE, this.#to.limits.sendQueueBytes / 2);
        this.#receiving = new Receiving(parts, what, () => this.#move(), (error) => this.#fail('from', error));
        this.#unwatch = to.onReady((ready) => {
            if ((ready & (ERROR | HANGUP)) === 0)
                return this.#move();
            const ended = this.#to.life.sendRefusal();
            if (ended !== undefined)
                this.#fail('to', ended);
        });
    }
    start() {
        this.#move();
    }
    /** Gives the receiving back. Doing it again does nothing. */
    stop() {
        if (this.#stopped)
            return;
        this.#stopped = true;
        this.#unwatch();
        this.#receiving.release();
    }
    #move() {
        // What moves may bring more, or make room, before it returns.
        this.#again = true;
        if (this.#moving)
            return;
        this.#moving = true;
        try {
            while (this.#again && !this.#stopped) {
                this.#again = false;
                while (!this.#stopped && this.#moveOne())
                    ;
            }
        }
        finally {
            this.#moving = false;
        }
    }
    /** Whether there may be more to do. */
    #moveOne() {
        const { life, out, limits } = this.#to;
        const { side } = this.#receiving;
        const refusal = life.sendRefusal();
        if (refusal !== undefined)
            return this.#fail('to', refusal);
        const { room } = out;
        if (room === 0)
            return false;
        const chunk = side.take();
        if (chunk === null)
            return this.#end();
        if (chunk.length > room && room < this.#enough) {
            side.giveBack(chunk);
            return false;
        }
        let part = chunk;
        if (chunk.length > room) {
            part = chunk.subarray(0, room);
            side.giveBack(chunk.subarray(room));
        }
        side.calls += 1;
        this.bytes += part.length;
        if (part.length <= limits.copyBelowBytes)
            out.accept(part);
        // There is room for it, so it is accepted before this returns.
        else
            void out.send([part], 'own', undefined);
        this.#events.moved();
        return true;
    }
    #end() {
        try {
            if (!this.#receiving.atEnd())
                return false;
        }
        catch (error) {
            return this.#fail('from', error);
        }
        this.stop();
        this.#events.ended();
        return false;
    }
    #fail(side, error) {
        if (this.#stopped)
            return false;
        this.stop();
        this.#events.failed(side, error);
        return false;
    }
}
//# sourceMappingURL=pump.js.map