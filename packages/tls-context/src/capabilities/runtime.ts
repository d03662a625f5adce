import { Socket } from 'node:net';
import { createSecureContext, TLSSocket } from 'node:tls';

/** What the native engine of a connection has for those who know it; nothing of it is documented. */
export type EngineMethod = 'loadSession' | 'newSessionDone' | 'requestOCSP' | 'setOCSPResponse' | 'verifyError';

/** `Node 24.5.0`, `Bun 1.4.5`, `Deno 2.9.6`: those that imitate Node tell its version, too. */
export function runtimeName(): string {
  const { bun, deno, node } = process.versions;
  return bun !== undefined ? `Bun ${bun}` : deno !== undefined ? `Deno ${deno}` : `Node ${node}`;
}

/** Tells which methods the engine of this runtime has; none is called, because one that is not connected can crash the process. */
export function engineMethods(): (name: EngineMethod) => boolean {
  const socket = new Socket();
  const tls = new TLSSocket(socket, { secureContext: createSecureContext({ ca: [] }) });
  const { ssl } = tls as unknown as { readonly ssl?: Readonly<Record<string, unknown>> | null };
  const found = new Set(METHODS.filter((name) => typeof ssl?.[name] === 'function'));
  tls.destroy();
  socket.destroy();
  return (name) => found.has(name);
}

const METHODS: readonly EngineMethod[] = ['loadSession', 'newSessionDone', 'requestOCSP', 'setOCSPResponse', 'verifyError'];
