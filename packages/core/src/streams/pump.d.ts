import type { Socket } from '../socket.ts';
/** What a {@link Pump} tells. After `ended` or `failed` it has stopped. */
export interface PumpEvents {
    /** Some bytes were accepted. */
    moved(): void;
    /** `from` has ended, and all of it was accepted. */
    ended(): void;
    failed(side: 'from' | 'to', error: unknown): void;
}
/**
 * Moves what one socket receives into another, chunk by chunk and without a copy of large ones. It takes only what there is room for, so both
 * queues keep their limits, and whenever it stops, every byte was either accepted by `to` or can be received from `from`.
 */
export declare class Pump {
    #private;
    /** Accepted by `to`. */
    bytes: number;
    /** Takes over the receiving of `from`; {@link start} begins. @throws why `from` cannot be received from, or `to` sent to */
    constructor(from: Socket, to: Socket, what: string, events: PumpEvents);
    start(): void;
    /** Gives the receiving back. Doing it again does nothing. */
    stop(): void;
}
//# sourceMappingURL=pump.d.ts.map