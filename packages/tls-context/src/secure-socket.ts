import type { X509Certificate } from 'node:crypto';
import type { Duplex } from 'node:stream';
import type { TLSSocket } from 'node:tls';
import type { Cancel, Detached, Endpoint, InfoKey } from '@sock/core';
import { at, Budget, Socket, wait } from '@sock/core';
import type { NodeDuplex } from '@sock/io';
import { DuplexTransport, NODE_DUPLEX, toDuplex } from '@sock/io';
import { TlsError } from './errors.ts';
import { HandshakeProgress } from './handshake-state.ts';
import type { Identity } from './identity.ts';
import type { TlsInfo } from './info.ts';
import { TLS_INFO } from './info.ts';
import { chainVerdict } from './node-tls.ts';
import { peerChain, tlsInfo } from './peer.ts';
import { closedInHandshake, tlsFailure } from './tls-failure.ts';
import type { TlsValues } from './tls-section.ts';
import type { VerifyMode } from './verify.ts';
import { verifyPeer } from './verify.ts';

/** One handshake: who we are in it and what we ask of the peer. */
export interface HandshakePlan {
  readonly role: 'client' | 'server';
  readonly mode: VerifyMode;
  readonly identity: Identity | undefined;
  readonly values: TlsValues;
  start(stream: Duplex): TLSSocket;
}

/**
 * Puts TLS on a connection: takes its transport, shakes hands, verifies the peer, and only then answers with a socket. Whatever
 * fails destroys the connection: nothing can leave on it in plain text any more.
 */
export async function secureSocket(socket: Socket, plan: HandshakePlan, cancel: Cancel | undefined): Promise<Socket> {
  const budget = new Budget(cancel);
  const within = new Budget(budget.rest(plan.values.handshakeTimeout));
  const detached = await socket.detach(within.rest());
  const { transport } = detached;
  try {
    refusePlaintext(detached, plan.role);
    const lower = transport.get(NODE_DUPLEX);
    const stream = duplexOf(detached, lower);
    if (plan.role === 'client' && stream.readableLength > 0) throw plaintextPending('client', stream.readableLength, transport.remote);
    return await shakeHands(stream, lower, detached, plan, within.rest());
  } catch (error) {
    transport.destroy(error);
    throw error;
  }
}

async function shakeHands(stream: Duplex, lower: NodeDuplex | undefined, { transport, limits }: Detached, plan: HandshakePlan, cancel: Cancel): Promise<Socket> {
  const { local, remote } = transport;
  const { maxErrorText: maxText, maxChainDepth: maxDepth } = plan.values;
  const progress = new HandshakeProgress();
  const startedAt = performance.now();
  progress.to('in-progress');
  const tls = plan.start(stream);
  // For the whole life of the connection: an error that comes when nobody waits must not end the process.
  tls.on('error', () => {});
  const abort = (): void => abortBelow(tls, lower);
  try {
    await completed(tls, stream, plan, progress, remote, cancel);
    const chain: readonly X509Certificate[] = plan.mode === 'none' ? [] : peerChain(tls);
    const verdict = chain.length === 0 ? undefined : chainVerdict(tls);
    const { role, mode, identity } = plan;
    const steps = verifyPeer({ role, mode, chain, verdict, identity, endpoint: remote, maxDepth, maxText });
    tls.disableRenegotiation();
    progress.to('complete');
    const info: TlsInfo = tlsInfo(tls, role, progress.state, steps, chain, performance.now() - startedAt);
    const mapError = (error: unknown, phase: 'recv' | 'shutdown' | string): Error =>
      tlsFailure(error, { endpoint: remote, established: true, phase: phase === 'shutdown' ? 'shutdown' : 'recv', maxText });
    const get = <T>(key: InfoKey<T>): T | undefined => (key.symbol === TLS_INFO.symbol ? (info as T) : undefined);
    return new Socket(new DuplexTransport(tls, { local, remote, limits, mapError, get, abort }), limits);
  } catch (error) {
    progress.to('error');
    // The engine is done with a peer that we refuse and sends it no alert: a reset, at least, is no orderly end.
    if (error instanceof TlsError && error.kind === 'verify') abort();
    else tls.destroy();
    throw error;
  }
}

/** Waits for the engine to say that the handshake is over, one way or the other. */
function completed(
  tls: TLSSocket,
  stream: Duplex,
  { role, values }: HandshakePlan,
  progress: HandshakeProgress,
  endpoint: Endpoint | undefined,
  cancel: Cancel,
): Promise<void> {
  const onTimeout = (milliseconds: number): Error => timedOut(milliseconds, progress.state, endpoint);
  return wait<void>(cancel, { phase: 'handshake', what: 'TLS handshake', endpoint, onTimeout }, (resolve, reject) => {
    progress.to('want-read');
    const failed = (error: unknown): void =>
      finish(reject, tlsFailure(error, { endpoint, established: false, phase: 'handshake', maxText: values.maxErrorText }));
    const closed = (): void => finish(reject, stream.errored ? tlsFailure(stream.errored, { endpoint, established: false, phase: 'handshake', maxText: values.maxErrorText }) : closedInHandshake(endpoint, 'closed', progress.state));
    const secure = (): void => finish(resolve, undefined);
    const event = role === 'client' ? 'secureConnect' : 'secure';
    const stop = (): void => void tls.off('error', failed).off('close', closed).off('end', closed).off(event, secure);
    const finish = <T>(settle: (value: T) => void, value: T): void => {
      stop();
      settle(value);
    };
    tls.on('error', failed).on('close', closed).on('end', closed).on(event, secure);
    return stop;
  });
}

/**
 * Breaks off the connection below the engine. Not at once: this may run inside one of the engine's own calls, and taking the handle
 * from under it there ends the process.
 */
function abortBelow(tls: TLSSocket, lower: NodeDuplex | undefined): void {
  setImmediate(() => {
    lower?.abort?.();
    tls.destroy();
  });
}

/** The stream for the engine: the one below the transport when there is one, else one made over the transport. */
function duplexOf({ transport, unread, limits }: Detached, lower: NodeDuplex | undefined): Duplex {
  if (lower === undefined) return toDuplex(new Socket(transport, { ...limits, unread }));
  const stream = lower.take();
  for (const chunk of unread.toReversed()) stream.unshift(chunk);
  return stream;
}

/** A TLS record of a handshake starts with type 22 and major version 3 (RFC 8446, section 5.1). */
function refusePlaintext({ transport, unread }: Detached, role: 'client' | 'server'): void {
  const [first] = unread;
  if (first === undefined) return;
  const second = first[1] ?? unread[1]?.[0];
  const isTls = first[0] === 0x16 && (second === undefined || second === 0x03);
  if (role === 'server' && isTls) return;
  throw plaintextPending(role, unread.reduce((sum, chunk) => sum + chunk.length, 0), transport.remote);
}

function plaintextPending(role: 'client' | 'server', bytes: number, endpoint: Endpoint | undefined): TlsError<'ERR_SOCK_TLS_PLAINTEXT_PENDING'> {
  const why = role === 'client' ? 'a server speaks only after the client in TLS' : 'they are no TLS record';
  return new TlsError(
    'ERR_SOCK_TLS_PLAINTEXT_PENDING',
    `${bytes} bytes${at('from', endpoint)} came in plain text and were not read before the upgrade, and ${why}: somebody may have injected them; read all that belongs to the plain protocol first`,
    { kind: 'handshake', phase: 'upgrade', category: 'protocol', endpoint },
  );
}

function timedOut(milliseconds: number, state: string, endpoint: Endpoint | undefined): TlsError<'ERR_SOCK_TLS_HANDSHAKE_TIMEOUT'> {
  return new TlsError('ERR_SOCK_TLS_HANDSHAKE_TIMEOUT', `the TLS handshake${at('with', endpoint)} did not finish within ${Math.round(milliseconds)} ms; it stopped in the state "${state}"`, {
    kind: 'handshake', phase: 'handshake', category: 'timeout', retryable: true, endpoint,
  });
}
