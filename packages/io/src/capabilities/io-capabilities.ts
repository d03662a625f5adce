import type { Capability } from '@sock/core';

/** What of the operating system's ways this package can use: see {@link ioCapabilities}. */
export interface IoCapabilities {
  /** Files to any socket, plain or TLS: `sendfile` of `@sock/io/files`. */
  readonly sendfile: Capability;
  /** The system call of that name: a file to a socket within the kernel. */
  readonly kernelSendfile: Capability;
  /** One socket to another within the kernel. */
  readonly splice: Capability;
  /** Handing an open file or socket to another process over a Unix socket (SCM_RIGHTS). */
  readonly descriptorPassing: Capability;
}

/**
 * Tells which ways of the operating system this package can use, and what to do where it cannot.
 *
 * @example
 * ```ts
 * const { available, reason } = ioCapabilities().kernelSendfile;
 * ```
 */
export function ioCapabilities(): IoCapabilities {
  return {
    sendfile: { available: true, reason: 'sendfile() of @sock/io/files reads by position and writes, each while the other is under way; over TLS just the same' },
    kernelSendfile: missing('Node has no call for it, and a file under TLS has to pass through this process anyway: sendfile() reads and writes instead'),
    splice: missing('Node has no call for it: socket.sendAll(other) moves the chunks without a copy of its own'),
    descriptorPassing: missing('Node passes sockets only to its own child processes: use the second argument of subprocess.send() before the socket is taken over here'),
  };
}

function missing(reason: string): Capability {
  return { available: false, reason };
}
