/**
 * TLS for sockets: contexts, handshakes that are verified in full, resumed ones too, and typed errors.
 *
 * @module
 */
export { createClientContext } from './context/client-context.ts';
export type { ClientContext, ClientContextOptions, ClientTarget } from './context/client-context.ts';
export type { HelloAnswer, HelloFacts } from './context/client-hello-choice.ts';
export type { ContextOptions } from './context/context-options.ts';
export type { LiveContext } from './context/live-context.ts';
export { createServerContext } from './context/server-context.ts';
export type { ServerContext, ServerContextOptions } from './context/server-context.ts';
export type { ServerAlpn } from './context/server-context.ts';
export type { StapleFeed, Stapler } from './context/staple-feed.ts';
export type { Watcher, WatchOptions } from './context/watch.ts';
export { TlsConfigError, TlsError } from './errors.ts';
export type { TlsErrorCode, TlsErrorFacts, TlsErrorKind } from './errors.ts';
export type { Handshake } from './handshake/handshake.ts';
export type { HandshakeState } from './handshake/handshake-state.ts';
export type { Refusal } from './hello/alert.ts';
export { peekProtocol } from './hello/peek-protocol.ts';
export { TLS_INFO } from './info.ts';
export type { TlsInfo, VerificationStep } from './info.ts';
export type { Authorities, Authority } from './material/authorities.ts';
export type { Material } from './material/material.ts';
export type { CertificateOptions } from './material/own-certificate.ts';
export type { Pkcs12Source } from './material/pkcs12-source.ts';
export type { ClientSession } from './session/client-session.ts';
export type { ClientSessionStats } from './session/client-sessions.ts';
export { memoryServerSessions, memorySessionStore } from './session/memory-sessions.ts';
export type { MemoryServerSessionsOptions, MemorySessionStoreOptions } from './session/memory-sessions.ts';
export type { ClientSessionOptions, ServerSessionOptions } from './session/session-options.ts';
export type { ClientSessionStore, MaybePromise, ServerSessionStore } from './session/session-store.ts';
export { tlsSection } from './tls-section.ts';
export type { TlsFields, TlsInput, TlsValues, TlsVersion } from './tls-section.ts';
export type { Peer, PeerCheck, CheckResult } from './verify/peer.ts';
export { spkiPin } from './verify/pins.ts';
export type { PinOptions, PinReport } from './verify/pins.ts';
export type { VerifyMode, VerifyOptions } from './verify/rules.ts';
