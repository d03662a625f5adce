import type { Duplex } from 'node:stream';
import type { Cancel, Endpoint } from '@sock/core';
import { Budget, wait } from '@sock/core';
import type { HelloAnswer, HelloFacts } from '../context/client-hello-choice.ts';
import { helloFacts, helloRefused, unknownName, unreadHello, withoutDot } from '../context/client-hello-choice.ts';
import type { ServerContext } from '../context/server-context.ts';
import type { ServerEngine } from '../context/server-engine.ts';
import { SERVER_ENGINE } from '../context/server-engine.ts';
import type { Refusal } from '../hello/alert.ts';
import { isRefusal, refuse } from '../hello/alert.ts';
import { chooseAlpn, noSharedAlpn } from '../hello/alpn.ts';
import type { ClientHello } from '../hello/client-hello.ts';
import { readHello } from '../hello/read-hello.ts';
import { startServer } from './node-tls.ts';
import type { Circumstances, Opening } from './opening.ts';
import { goneInHandshake } from './tls-failure.ts';

/** Starts a server's handshake: looks at the ClientHello, chooses by it, and gives it to the engine untouched. */
export async function openServer(stream: Duplex, current: () => ServerEngine, { endpoint, cancel, progress }: Circumstances): Promise<Opening> {
  const budget = new Budget(cancel);
  const maxText = current().values.maxErrorText;
  progress.peersTurn();
  const hello = await readHello(stream, { endpoint, maxText }, budget.rest());
  progress.ourTurn();
  const { gate } = current();
  const leave = gate.tryEnter() ?? await gate.enter(budget.rest(), endpoint);
  try {
    // Not before: a client that connected early and waited must not be judged by what a rotation replaced meanwhile.
    const first = current();
    const engine = hello === undefined || first.onClientHello === undefined ? first : await chosen(stream, first, hello, endpoint, budget.rest());
    const alpn = hello === undefined ? engine.protocols : hello.alpn.length === 0 ? [] : await agreed(stream, engine, hello, endpoint, budget.rest());
    const certificate = engine.certificateFor(hello);
    if (certificate === undefined) return await refused(stream, 'unrecognized_name', unknownName(hello?.serverName, endpoint));
    refuseGone(stream, endpoint, maxText);
    const { rules } = engine;
    const { mode } = rules;
    const tls = startServer(stream, {
      alpn,
      secureContext: certificate.secureContext(engine.ticketKeyFor(hello)),
      server: certificate.server(engine.keepsIds(hello)),
      asks: mode !== 'none',
      required: mode === 'require' && rules.danger === undefined,
    });
    if (rules.danger?.keyLog !== undefined) tls.on('keylog', rules.danger.keyLog);
    return {
      tls, rules, identity: undefined, asked: hello && { serverName: withoutDot(hello.serverName) },
      // The engine answers what is wrong with the right alert. Where it reads more than we do, nobody has judged this client.
      refusal: hello === undefined ? unreadHello(endpoint) : undefined,
      shown: () => ({ chain: engine.clients.chainOf(tls, rules, endpoint), staple: undefined }),
      accepted: (_verified, { chain }) => engine.clients.remember(chain),
      over: leave,
    };
  } catch (error) {
    leave();
    throw error;
  }
}

/** Asks the program which context this client gets. */
async function chosen(stream: Duplex, engine: ServerEngine, hello: ClientHello, endpoint: Endpoint | undefined, cancel: Cancel): Promise<ServerEngine> {
  const facts = helloFacts(hello, endpoint);
  let answer: HelloAnswer;
  try {
    answer = await answerOf(() => engine.onClientHello?.(facts), 'onClientHello', stream, endpoint, cancel);
  } catch (error) {
    // This program broke it off: its function has not failed.
    if (cancel.signal?.aborted === true) throw error;
    refuseGone(stream, endpoint, engine.values.maxErrorText);
    return await refused(stream, 'internal_error', helloRefused(facts, 'internal_error', error));
  }
  if (answer === undefined) return engine;
  if (typeof answer === 'object' && answer !== null) {
    if ('refuse' in answer && isRefusal(answer.refuse)) return await refused(stream, answer.refuse, helloRefused(facts, answer.refuse));
    if (SERVER_ENGINE in answer) return await engineOf(stream, answer, facts);
  }
  const wrong = new TypeError('it answered with neither a server context, nor { refuse } with one of the alerts, nor undefined');
  return await refused(stream, 'internal_error', helloRefused(facts, 'internal_error', wrong));
}

/** What the chosen context is made of now; it may have been disposed of. */
async function engineOf(stream: Duplex, context: ServerContext, facts: HelloFacts): Promise<ServerEngine> {
  try {
    return context[SERVER_ENGINE]();
  } catch (error) {
    return await refused(stream, 'internal_error', helloRefused(facts, 'internal_error', error));
  }
}

/** The application protocol that both sides know: the server's order decides, or its callback. None when a side names none. */
async function agreed(stream: Duplex, engine: ServerEngine, hello: ClientHello, endpoint: Endpoint | undefined, cancel: Cancel): Promise<readonly string[]> {
  const { alpn, values } = engine;
  if (typeof alpn !== 'function' && alpn.length === 0) return [];
  let protocol: string | undefined;
  try {
    protocol = typeof alpn === 'function' ? await answerOf(() => alpn(hello.alpn, helloFacts(hello, endpoint)), 'alpn', stream, endpoint, cancel) : chooseAlpn(hello.alpn, alpn);
  } catch (error) {
    if (cancel.signal?.aborted === true) throw error;
    refuseGone(stream, endpoint, values.maxErrorText);
    return await refused(stream, 'internal_error', helloRefused(helloFacts(hello, endpoint), 'internal_error', error, 'alpn'));
  }
  if (protocol !== undefined && hello.alpn.includes(protocol)) return [protocol];
  return await refused(stream, 'no_application_protocol', noSharedAlpn(endpoint, hello.alpn, alpn, values.maxErrorText, protocol));
}

/** The program's answer, within the time of the handshake. */
function answerOf<T>(ask: () => T | Promise<T>, what: string, stream: Duplex, endpoint: Endpoint | undefined, cancel: Cancel): Promise<T> {
  return wait<T>(cancel, { phase: 'handshake', what, endpoint }, (resolve, reject) => {
    // A client that has broken off holds its place among the handshakes no longer.
    stream.once('close', reject);
    void (async () => await ask())().then(resolve, reject).finally(() => stream.off('close', reject));
    return () => void stream.off('close', reject);
  });
}

/** @throws `ERR_SOCK_TLS_HANDSHAKE_CLOSED`, `ERR_SOCK_TLS_HANDSHAKE_RESET` when the client went away in the meantime */
function refuseGone(stream: Duplex, endpoint: Endpoint | undefined, maxText: number): void {
  const gone = goneInHandshake(stream, endpoint, maxText);
  if (gone !== undefined) throw gone;
}

async function refused(stream: Duplex, alert: Refusal, error: Error): Promise<never> {
  await refuse(stream, alert);
  throw error;
}
