import { formatEndpoint } from '../endpoint-text.js';
import { isSocketError, SocketError } from '../errors.js';
/** A `pipe` failed because one of its sockets did. Its `code` is that of the failure, which is the `cause`; `bytesMoved` were accepted by `to`. */
export class PipeError extends SocketError {
    name = 'PipeError';
    /** The socket that failed: the one that was read from, or the one that was written to. */
    side;
    constructor(side, socket, bytesMoved, cause) {
        const what = side === 'from' ? 'the side it reads from' : 'the side it writes to';
        super(codeOf(cause), `pipe failed after ${bytesMoved} bytes on ${what}${named(socket.remote)}: ${messageOf(cause)}`, {
            ...factsOf(cause, side === 'from' ? 'recv' : 'send'),
            endpoint: socket.remote,
            bytesMoved,
        });
        this.side = side;
    }
}
/** The code of a failure of a socket. A transport that is not ours may fail with anything. */
export function codeOf(cause) {
    return isSocketError(cause) ? cause.code : 'ERR_SOCK_RESET';
}
export function factsOf(cause, phase) {
    return isSocketError(cause) ? { phase, category: cause.category, retryable: cause.retryable, cause } : { phase, category: 'reset', cause };
}
export function messageOf(cause) {
    return cause instanceof Error ? cause.message : String(cause);
}
export function named(endpoint) {
    return endpoint === undefined ? '' : ` (${formatEndpoint(endpoint)})`;
}
//# sourceMappingURL=pipe-error.js.map