import type { X509Certificate } from 'node:crypto';
import type { InfoKey } from '@sock/core';
import { infoKey } from '@sock/core';
import type { HandshakeState } from './handshake/handshake-state.ts';
import type { TlsVersion } from './tls-section.ts';

/** One step of the verification of a peer. */
export interface VerificationStep {
  readonly step: 'chain' | 'name' | 'depth' | 'pins' | 'crl' | 'ocsp' | 'custom';
  /**
   * - `skipped`: the step does not apply, or nothing was configured for it
   * - `unknown`: nothing current is known, and the policy lets that pass
   * - `reported`: pins that do not match, in report-only mode
   * - `waived`: it would have failed, but the context was told through `danger` to let it pass
   */
  readonly outcome: 'ok' | 'skipped' | 'unknown' | 'reported' | 'waived';
  /** What was checked, for people. */
  readonly detail: string;
}

/** What TLS knows about a connection. */
export interface TlsInfo {
  readonly role: 'client' | 'server';
  readonly state: HandshakeState;
  readonly protocol: TlsVersion;
  /** The cipher suite by its IANA name, like `TLS_AES_128_GCM_SHA256`. */
  readonly cipher: string;
  /** The negotiated application protocol, if there is one. */
  readonly alpn: string | undefined;
  /** The server name that the client sent, if it sent one: in lower case and without a closing dot where a server read it. */
  readonly serverName: string | undefined;
  /** Whether an earlier session was resumed. */
  readonly resumed: boolean;
  /** Whether the peer was verified. Always true for a client; for a server, whether the client showed a certificate, which was good. */
  readonly verified: boolean;
  /** What was checked, in order: chain, name, depth, pins, crl, ocsp, custom. A step that fails ends the connection, so none is seen here. */
  readonly verification: readonly VerificationStep[];
  /** The peer's own certificate, if it showed one. */
  readonly peerCertificate: X509Certificate | undefined;
  /** The peer's chain, its own certificate first, up to the last one below a root; empty when it showed none. */
  readonly peerChain: readonly X509Certificate[];
  /** How long the handshake took, in milliseconds. */
  readonly handshakeMs: number;
  /** The reason that the context gave for being weakened, if it is. */
  readonly danger: string | undefined;
  /**
   * Keying material that both ends can derive, and nobody else (RFC 5705, RFC 8446 section 7.5). Channel binding for SASL is
   * `exportKeyingMaterial(32, 'EXPORTER-Channel-Binding')` (RFC 9266).
   *
   * @param length - in bytes
   * @param context - RFC 5705 tells an empty context from none under TLS 1.2. Default: **none**
   * @throws `ERR_SOCK_CLOSED` once the connection is gone
   */
  exportKeyingMaterial(length: number, label: string, context?: Uint8Array): Uint8Array;
}

/** Asks a socket about its TLS layer: `socket.get(TLS_INFO)`; `undefined` on a plain one. */
export const TLS_INFO: InfoKey<TlsInfo> = /*#__PURE__*/ infoKey<TlsInfo>('tls.info');
