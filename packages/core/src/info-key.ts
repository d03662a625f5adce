import type { Endpoint } from './endpoint.ts';

/** Names a fact that a connection may know, and carries the fact's type. */
export interface InfoKey<T> {
  readonly symbol: symbol;
  /** Only a type: no value is ever stored here. */
  readonly type?: T;
}

/** Where the program asked to connect to, by the name it gave; the default target of an upgrade. Known by dialled connections. */
export const DIALLED: InfoKey<Endpoint> = /*#__PURE__*/ infoKey<Endpoint>('core.dialled');

/**
 * Makes a key. Keys of one name are one key, also between two installed copies of a package.
 *
 * @param name - the package's own word first, like `"tls.info"`
 */
export function infoKey<T>(name: string): InfoKey<T> {
  return { symbol: Symbol.for(`sock.${name}`) };
}
