import type { Endpoint } from '../endpoint.ts';
import type { ErrorFacts } from '../errors.ts';
import { SocketError } from '../errors.ts';
import type { Socket } from '../socket.ts';
/** A `pipe` failed because one of its sockets did. Its `code` is that of the failure, which is the `cause`; `bytesMoved` were accepted by `to`. */
export declare class PipeError extends SocketError {
    readonly name: string;
    /** The socket that failed: the one that was read from, or the one that was written to. */
    readonly side: 'from' | 'to';
    constructor(side: 'from' | 'to', socket: Socket, bytesMoved: number, cause: unknown);
}
/** The code of a failure of a socket. A transport that is not ours may fail with anything. */
export declare function codeOf(cause: unknown): `ERR_SOCK_${string}`;
export declare function factsOf(cause: unknown, phase: 'recv' | 'send'): ErrorFacts;
export declare function messageOf(cause: unknown): string;
export declare function named(endpoint: Endpoint | undefined): string;
//# sourceMappingURL=pipe-error.d.ts.map