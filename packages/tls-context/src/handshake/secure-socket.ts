import type { Duplex } from 'node:stream';
import type { Cancel, Detached, Endpoint } from '@sock/core';
import { Budget, closeReason, ENDED, ERROR, HANGUP, isSocketError, Socket, wait } from '@sock/core';
import type { NodeDuplex } from '@sock/io';
import { DuplexTransport, NODE_DUPLEX, toDuplex } from '@sock/io';
import { completed } from './completed.ts';
import { HandshakeProgress } from './handshake-state.ts';
import type { TlsInfo } from '../info.ts';
import { chainVerdict } from './node-tls.ts';
import type { HandshakePlan, Opening, Shown } from './opening.ts';
import { tlsInfo } from './peer.ts';
import { plaintextPending, refusePlaintext } from './plaintext-guard.ts';
import { abortBelow, Secured } from './secured.ts';
import { closedInHandshake, goneInHandshake } from './tls-failure.ts';
import { asksOthers } from '../verify/rules.ts';
import type { Verified } from '../verify/verify-peer.ts';
import { verifyPeer } from '../verify/verify-peer.ts';

/**
 * Puts TLS on a connection: takes its transport, shakes hands, verifies the peer, and only then answers with a socket. Whatever
 * fails destroys the connection: nothing can leave on it in plain text any more.
 */
export async function secureSocket(socket: Socket, plan: HandshakePlan, cancel: Cancel | undefined, progress: HandshakeProgress = new HandshakeProgress()): Promise<Socket> {
  const budget = new Budget(new Budget(cancel).rest(plan.values.handshakeTimeout));
  progress.to('in-progress');
  const detached = await socket.detach(budget.rest());
  const { transport } = detached;
  try {
    refusePlaintext(detached, plan.role);
    refuseEnded(detached);
    const lower = transport.get(NODE_DUPLEX);
    const stream = duplexOf(detached, lower);
    if (plan.role === 'client' && stream.readableLength > 0) throw plaintextPending('client', stream.readableLength, transport.remote);
    return await shakeHands(stream, { detached, lower, plan, progress }, budget);
  } catch (error) {
    progress.to('error');
    transport.destroy(error);
    throw error;
  }
}

/** What a handshake stands on, and what it is to do. */
interface Grounds {
  readonly detached: Detached;
  readonly lower: NodeDuplex | undefined;
  readonly plan: HandshakePlan;
  readonly progress: HandshakeProgress;
}

async function shakeHands(stream: Duplex, { detached, lower, plan, progress }: Grounds, cancel: Budget): Promise<Socket> {
  const { remote } = detached.transport;
  const { role } = plan;
  const { maxErrorText: maxText } = plan.values;
  const startedAt = performance.now();
  // Until the engine stands on it nobody else may hear of its errors, and none heard ends the process. The transport below hears them, if it is one of ours.
  if (stream.listenerCount('error') === 0) stream.on('error', unheard);
  const opening = await plan.open(stream, { endpoint: remote, cancel: cancel.rest(), progress });
  const { tls, rules } = opening;
  // For the whole life of the connection: an error that comes when nobody waits must not end the process.
  tls.on('error', unheard);
  try {
    await completed({ tls, stream, role, progress, endpoint: remote, maxText }, cancel.rest());
    if (opening.refusal !== undefined) throw opening.refusal;
    progress.ourTurn();
    const { shown, verified } = await verifyShown(opening, role, remote, cancel);
    // It broke while this side was at work: nothing that the engine tells of it is right any more.
    if (tls.destroyed) throw goneInHandshake(tls, remote, maxText) as Error;
    tls.disableRenegotiation();
    opening.accepted?.(verified, shown);
    const info: TlsInfo = tlsInfo(tls, {
      role, asked: opening.asked, verification: verified.steps, chain: shown.chain, handshakeMs: performance.now() - startedAt, danger: rules.danger?.reason,
    });
    const { transport: below, limits } = detached;
    const secure = new DuplexTransport(tls, new Secured({ tls, stream, below, limits, info, maxText, settled: opening.settled, abortLower: lower?.abort }));
    lower?.follow(secure);
    return new Socket(secure, limits);
  } catch (error) {
    opening.failed?.();
    // The engine is done with a peer that we refuse and sends it no alert: a reset is the nearest to one.
    if (isSocketError(error) && error.phase === 'verify') abortBelow(tls, lower?.abort);
    else tls.destroy();
    lower?.follow({ closed: Promise.resolve(closeReason(error)) });
    await lastWord(stream);
    throw error;
  } finally {
    opening.over?.();
  }
}

/** A peer that what is remembered speaks against is verified by what it sent. */
async function verifyShown(opening: Opening, role: 'client' | 'server', endpoint: Endpoint | undefined, cancel: Budget): Promise<{ readonly shown: Shown; readonly verified: Verified }> {
  const shown = opening.rules.mode === 'none' ? NOTHING : opening.shown();
  try {
    return { shown, verified: await verifyInTime(opening, shown, role, endpoint, cancel.rest()) };
  } catch (error) {
    if (shown.recent !== true) throw error;
    // What is wrong shows again, or it was the memory.
    const sent = opening.shown(true);
    return { shown: sent, verified: await verifyInTime(opening, sent, role, endpoint, cancel.rest()) };
  }
}

/** The verification, within the time of the handshake: a step of the program's own may take as long as it likes. */
function verifyInTime({ tls, rules, identity }: Opening, { chain, staple }: Shown, role: 'client' | 'server', endpoint: Endpoint | undefined, cancel: Cancel): Promise<Verified> {
  const resumed = tls.isSessionReused();
  const verdict = chain.length === 0 || (resumed && role === 'client') ? undefined : chainVerdict(tls);
  const result = verifyPeer({ role, rules, chain, verdict, identity, endpoint, resumed, staple });
  // Over before any timer could ring; of a signal that has fired the wait tells.
  if (!asksOthers(rules) && cancel.signal?.aborted !== true) return result;
  return wait<Verified>(cancel, { phase: 'verify', what: 'verification of the peer', endpoint }, (resolve, reject) => void result.then(resolve, reject));
}

/** Outside of any function: it holds on to nothing of the handshake. */
function unheard(): void {}

const NOTHING: Shown = { chain: [], staple: undefined };

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

/** The stream for the engine: the one below the transport when there is one, else one made over the transport. */
function duplexOf({ transport, unread, limits }: Detached, lower: NodeDuplex | undefined): Duplex {
  if (lower === undefined) return toDuplex(new Socket(transport, { ...limits, unread }));
  const stream = lower.take();
  for (const chunk of unread.toReversed()) stream.unshift(chunk);
  return stream;
}
