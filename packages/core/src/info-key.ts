import type { Endpoint } from './endpoint.ts';

/** Names a fact that a connection may know, and carries the fact's type. */
export interface InfoKey<T> {
  readonly symbol: symbol;
  /** A layer that changes the bytes passes it on from below: it tells of the connection, and opens no way round the layer. */
  readonly passes?: boolean;
  /** Only a type: no value is ever stored here. */
  readonly type?: T;
}

/** Where the program asked to connect to, by the name it gave; the default target of an upgrade. Known by dialled connections. */
export const DIALLED: InfoKey<Endpoint> = /*#__PURE__*/ infoKey<Endpoint>('core.dialled', { passes: true });

/** Whether an open connection keeps the process running. */
export interface LoopRef {
  /** It does (the default). */
  readonly ref: () => void;
  /** It does not: a process with nothing else to do ends, and the connection with it. */
  readonly unref: () => void;
}

/** How to let go of the event loop; known by connections that hold it. For those who keep connections that nobody uses. */
export const LOOP_REF: InfoKey<LoopRef> = /*#__PURE__*/ infoKey<LoopRef>('core.loop-ref', { passes: true });

/**
 * Resolves when the connection has learnt all that makes the next one to the same target cheaper (a session to resume), or knows that there is nothing to learn;
 * known by layers that learn. It never rejects, and may never resolve.
 */
export const SETTLED: InfoKey<Promise<void>> = /*#__PURE__*/ infoKey<Promise<void>>('core.settled', { passes: true });

/**
 * Makes a key. Keys of one name are one key, also between two installed copies of a package.
 *
 * @param name - the package's own word first, like `"tls.info"`
 * @param options - `passes`: layers above may tell it, too. Default: **false**
 */
export function infoKey<T>(name: string, { passes = false }: { readonly passes?: boolean } = {}): InfoKey<T> {
  return { symbol: Symbol.for(`sock.${name}`), passes };
}
