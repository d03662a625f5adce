import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { Socket } from '@sock/core';
import type { Observer } from '@sock/core/observer';
import { observeAccepted, observed } from '@sock/core/observer';
import type { ObserverQuestion, ProgramObserver } from '../program-observer.ts';
import { OBSERVERS } from '../program-observer.ts';
import type { DiagnosticsObserver } from './diagnostics-observer.ts';
import { diagnosticsObserver } from './diagnostics-observer.ts';

/**
 * Publishes what the whole program does: from now on `connect`, `listen`, `tcp()` and `unix()` of this package, and all that is built on them, are seen on the
 * tracing channels, with no connector to wrap. Once is enough; it keeps no process alive.
 *
 * Sockets that come while `sock:handshake`, `sock:send`, `sock:recv` and `sock:close` all have no subscriber are left as they are, for good: subscribe first.
 *
 * @returns a function that ends it for connections to come
 */
export function publishDiagnostics(): () => void {
  const program = programObserver(diagnosticsObserver());
  const answer = (message: unknown): void => {
    const question = message as ObserverQuestion;
    // Sockets of another installed copy are that copy's to observe.
    if (question.Socket === Socket) question.answer ??= program;
  };
  subscribe(OBSERVERS, answer);
  return () => void unsubscribe(OBSERVERS, answer);
}

function programObserver(observer: DiagnosticsObserver): ProgramObserver {
  const { name, connect, accept, handshake, send, recv, close } = observer;
  const edges: Observer = { name, connect, accept };
  /** For a new socket: it gets nothing that nobody listens to. */
  const chosen = (): Observer => ([handshake, send, recv, close].some((watch) => watch.enabled?.() === true) ? observer : edges);
  return {
    connect: async (endpoint, dial) => await observed({ key: () => '', connect: dial }, chosen()).connect(endpoint),
    accept: (socket, listener) => void observeAccepted(socket, listener, chosen()),
  };
}
