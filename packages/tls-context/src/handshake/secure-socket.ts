import type { X509Certificate } from 'node:crypto';
import type { Duplex } from 'node:stream';
import type { TLSSocket } from 'node:tls';
import type { Cancel, Detached, InfoKey, Phase } from '@sock/core';
import { Budget, closeReason, ENDED, ERROR, HANGUP, Socket, wait } from '@sock/core';
import type { NodeDuplex } from '@sock/io';
import { DuplexTransport, NODE_DUPLEX, toDuplex } from '@sock/io';
import { TlsError } from '../errors.ts';
import { completed } from './handshake.ts';
import { HandshakeProgress } from './handshake-state.ts';
import type { Identity } from '../verify/expected-name.ts';
import type { TlsInfo } from '../info.ts';
import { TLS_INFO } from '../info.ts';
import { chainVerdict } from './node-tls.ts';
import { peerChain, tlsInfo } from './peer.ts';
import { plaintextPending, refusePlaintext } from './plaintext-guard.ts';
import { closedInHandshake, tlsFailure } from './tls-failure.ts';
import type { TlsValues } from '../tls-section.ts';
import type { VerifyMode } from '../verify/verify-peer.ts';
import { verifyPeer } from '../verify/verify-peer.ts';

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
  const budget = new Budget(new Budget(cancel).rest(plan.values.handshakeTimeout));
  const detached = await socket.detach(budget.rest());
  const { transport } = detached;
  try {
    refusePlaintext(detached, plan.role);
    refuseEnded(detached);
    const lower = transport.get(NODE_DUPLEX);
    const stream = duplexOf(detached, lower);
    if (plan.role === 'client' && stream.readableLength > 0) throw plaintextPending('client', stream.readableLength, transport.remote);
    return await shakeHands(stream, lower, detached, plan, budget.rest());
  } catch (error) {
    transport.destroy(error);
    throw error;
  }
}

async function shakeHands(stream: Duplex, lower: NodeDuplex | undefined, { transport, limits }: Detached, plan: HandshakePlan, cancel: Cancel): Promise<Socket> {
  const { local, remote } = transport;
  const { role, mode, identity } = plan;
  const { maxErrorText: maxText, maxChainDepth: maxDepth } = plan.values;
  const progress = new HandshakeProgress();
  const startedAt = performance.now();
  progress.to('in-progress');
  const tls = plan.start(stream);
  // For the whole life of the connection: an error that comes when nobody waits must not end the process.
  tls.on('error', () => {});
  const abort = (): void => abortBelow(tls, lower);
  try {
    await completed({ tls, stream, role, progress, endpoint: remote, maxText }, cancel);
    const chain: readonly X509Certificate[] = mode === 'none' ? [] : peerChain(tls);
    const verdict = chain.length === 0 ? undefined : chainVerdict(tls);
    const steps = verifyPeer({ role, mode, chain, verdict, identity, endpoint: remote, maxDepth, maxText });
    tls.disableRenegotiation();
    progress.to('complete');
    const info: TlsInfo = tlsInfo(tls, role, progress.state, steps, chain, performance.now() - startedAt);
    const mapError = (error: unknown, phase: Phase): Error => tlsFailure(error, { endpoint: remote, established: true, phase, maxText });
    const get = <T>(key: InfoKey<T>): T | undefined => (key.symbol === TLS_INFO.symbol ? (info as T) : undefined);
    const secure = new DuplexTransport(tls, { local, remote, limits, mapError, get, abort });
    lower?.follow(secure.closed);
    return new Socket(secure, limits);
  } catch (error) {
    progress.to('error');
    // The engine is done with a peer that we refuse and sends it no alert: a reset is the nearest to one.
    if (error instanceof TlsError && error.kind === 'verify') abort();
    else tls.destroy();
    lower?.follow(Promise.resolve(closeReason(error)));
    await lastWord(stream);
    throw error;
  }
}

/** The alert by which the engine tells the peer what is wrong leaves before anybody destroys what lies below. */
async function lastWord(stream: Duplex): Promise<void> {
  if (stream.closed) return;
  const closing = wait<void>({ timeout: LAST_WORD_MS }, { phase: 'handshake' }, (resolve) => {
    stream.once('close', resolve);
    return () => void stream.off('close', resolve);
  });
  // A stream that does not say "closed" in time is destroyed with the connection all the same.
  await closing.catch(() => {});
}

const LAST_WORD_MS = 500;

/** A stream that has told its end tells the engine nothing any more: the handshake would wait for its whole time-out. */
function refuseEnded({ transport }: Detached): void {
  if ((transport.ready & (ENDED | ERROR | HANGUP)) === 0) return;
  const { remote, failure } = transport;
  throw closedInHandshake(remote, failure === undefined ? 'closed' : 'reset', 'not-started', failure);
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
