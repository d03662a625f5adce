/** A TCP address. `host` is a name or an IP literal (no brackets); `port` is 0 to 65535, 0 only for listening. */
export interface TcpEndpoint {
  readonly host: string;
  readonly port: number;
}

/** A Unix socket. A `path` that starts with a NUL byte is an abstract name (Linux), written `unix:@name`. */
export interface UnixEndpoint {
  readonly path: string;
}

/** One side of a pair in memory. */
export interface MemoryEndpoint {
  readonly memory: string;
}

/** Where a connection starts or ends. */
export type Endpoint = TcpEndpoint | UnixEndpoint | MemoryEndpoint;

/** The endpoint is a host and a port. */
export function isTcpEndpoint(endpoint: Endpoint): endpoint is TcpEndpoint {
  return 'port' in endpoint;
}

/** The endpoint is the path of a Unix socket. */
export function isUnixEndpoint(endpoint: Endpoint): endpoint is UnixEndpoint {
  return 'path' in endpoint;
}
