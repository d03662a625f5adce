import type { Endpoint, InfoKey } from '@sock/core';
import { infoKey } from '@sock/core';

/** What the PROXY header of an accepted connection says. The proxy's word: as good as the proxy. */
export interface ProxyInfo {
  readonly version: 1 | 2;
  /** `local`: the proxy speaks for itself (a health check), and the rest of its header was dropped. */
  readonly command: 'proxy' | 'local';
  /** How the client reached the proxy; `unknown` also for version 1's `UNKNOWN` and version 2's `UNSPEC`, whose other bytes were dropped. */
  readonly transport: 'tcp4' | 'tcp6' | 'udp4' | 'udp6' | 'unix' | 'unix-datagram' | 'unknown';
  /** The client, as announced; also the socket's `remote`. */
  readonly source: Endpoint | undefined;
  /** Where the client connected to, as announced; also the socket's `local`. */
  readonly destination: Endpoint | undefined;
  /** The real ends of the connection: the proxy, and the address of this machine that it dialled. */
  readonly real: { readonly local: Endpoint | undefined; readonly remote: Endpoint | undefined };
  /** The protocol that the client and the proxy agreed on, as bytes: `h2`. */
  readonly alpn: Uint8Array | undefined;
  /** The server name that the client asked for (SNI, mostly). Printable ASCII; a header with anything else is malformed. */
  readonly authority: string | undefined;
  /** Names the connection, up to 128 bytes. */
  readonly uniqueId: Uint8Array | undefined;
  /** The name of the network namespace. */
  readonly netns: string | undefined;
  readonly ssl: ProxySsl | undefined;
  /** The header had a CRC32c, and it agrees. */
  readonly checksum: boolean;
  /** Every field of the header, in its order, known or not, without padding (`NOOP`). */
  readonly tlvs: readonly ProxyTlv[];
}

/** The client's TLS, which ends at the proxy. Texts are as the proxy gave them, as UTF-8. */
export interface ProxySsl {
  /** The client spoke TLS with the proxy. */
  readonly tls: boolean;
  /** It showed a certificate on this connection. */
  readonly certOnConnection: boolean;
  /** It showed one at least once in the session that this connection belongs to. */
  readonly certOnSession: boolean;
  /** It showed a certificate, and the proxy's check of it found no fault. */
  readonly verified: boolean;
  /** `TLSv1.3` */
  readonly version: string | undefined;
  /** The common name of the client's certificate. */
  readonly commonName: string | undefined;
  readonly cipher: string | undefined;
  /** How the proxy's certificate is signed. */
  readonly signatureAlgorithm: string | undefined;
  readonly keyAlgorithm: string | undefined;
}

/** One field of a header of version 2: its type (section 2.2 of the specification) and its bytes. */
export interface ProxyTlv {
  /** 0 to 255. Own ones: 0xe0 to 0xef. */
  readonly type: number;
  readonly value: Uint8Array;
}

/** The PROXY header that a connection began with. Known by sockets that `proxyProtocol()` has read one from. */
export const PROXY_INFO: InfoKey<ProxyInfo> = /*#__PURE__*/ infoKey<ProxyInfo>('io.proxy', { passes: true });
