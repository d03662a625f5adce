import { SocketError } from '../errors.js';
import { codeOf, factsOf, messageOf, named } from './pipe-error.js';
/** A `relay` ended before both directions had. Its `code` is that of the failure, which is the `cause`; `bytesMoved` is the sum of both directions. */
export class RelayError extends SocketError {
    name = 'RelayError';
    /** The socket that failed; `undefined` when it was neither: nothing moved for `idleTimeout`. */
    side;
    /** What was moved before. */
    stats;
    constructor(code, message, facts, side, stats) {
        super(code, message, { ...facts, bytesMoved: stats.aToB + stats.bToA });
        this.side = side;
        this.stats = stats;
    }
    /** One of the sockets failed, in receiving or in sending. */
    static of(side, phase, socket, stats, cause) {
        const message = `relay failed on side ${side}${named(socket.remote)} after ${counts(stats)}: ${messageOf(cause)}`;
        return new RelayError(codeOf(cause), message, { ...factsOf(cause, phase), endpoint: socket.remote }, side, stats);
    }
    /** Nothing moved, in either direction. */
    static idle(idleMs, a, b, stats) {
        const message = `relay between${named(a.remote)} and${named(b.remote)} moved nothing for ${idleMs} ms (idleTimeout), after ${counts(stats)}`;
        return new RelayError('ERR_SOCK_TIMEOUT', message, { phase: 'recv', category: 'timeout', endpoint: a.remote }, undefined, stats);
    }
}
function counts({ aToB, bToA }) {
    return `${aToB} bytes from a to b and ${bToA} from b to a`;
}
//# sourceMappingURL=relay-error.js.map