import type { X509Certificate } from 'node:crypto';
import type { InfoKey } from '@sock/core';
import { infoKey } from '@sock/core';
import type { HandshakeState } from './handshake/handshake-state.ts';
import type { TlsVersion } from './tls-section.ts';

/** One step of the verification of a peer. */
export interface VerificationStep {
  readonly step: 'chain' | 'depth' | 'name';
  /** `skipped` when the step does not apply: no certificate was asked for, a server does not check a client's name. */
  readonly outcome: 'ok' | 'skipped';
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
  /** The server name that the client sent, if it sent one. */
  readonly serverName: string | undefined;
  /** Whether an earlier session was resumed. */
  readonly resumed: boolean;
  /** Whether the peer was verified. Always true for a client; for a server, whether the client showed a certificate, which was good. */
  readonly verified: boolean;
  /** What was checked, in order. A step that fails ends the connection, so none is seen here. */
  readonly verification: readonly VerificationStep[];
  /** The peer's own certificate, if it showed one. */
  readonly peerCertificate: X509Certificate | undefined;
  /** The peer's chain as it was sent, its own certificate first. */
  readonly peerChain: readonly X509Certificate[];
  /** How long the handshake took, in milliseconds. */
  readonly handshakeMs: number;
}

/** Asks a socket about its TLS layer: `socket.get(TLS_INFO)`; `undefined` on a plain one. */
export const TLS_INFO: InfoKey<TlsInfo> = /*#__PURE__*/ infoKey<TlsInfo>('tls.info');
