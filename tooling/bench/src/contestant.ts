import type { Carrier, HandshakeKind, Material, Service, Work } from './work.ts';

/** The client's end of one connection, or of one after the other. */
export interface Client {
  /** Lets go of the connection that it has, if it has one between runs. */
  close?(): void;
  /**
   * Does `count` steps and resolves when the server has all of them.
   *
   * @returns the time of each ping in microseconds; nothing for the other works
   */
  run(work: Work, count: number): Promise<number[] | undefined>;
}

/** A way to write the same program in JavaScript. */
export interface Contestant {
  /**
   * Serves on a free port of loopback until the process ends.
   *
   * @param shaken - told of each handshake of the service `handshakes`, whether it resumed a session
   */
  listen(carrier: Carrier, service: Service, material: Material, shaken: (resumed: boolean) => void): Promise<number>;
  /**
   * A client for `work`. One of handshakes makes a connection for each step; it throws when a server was not verified, or a handshake was not what `work`
   * says; only the first one of `resumed` has nothing to resume.
   */
  connect(carrier: Carrier, port: number, material: Material, work: Work): Promise<Client>;
}

/** Throws unless a handshake was what it should be; `first` = there was nothing yet to resume. */
export function checkHandshake(kind: HandshakeKind, first: boolean, { verified, resumed }: { readonly verified: boolean; readonly resumed: boolean }): void {
  if (!verified) throw new Error('a server was not verified');
  if (resumed !== (kind === 'resumed' && !first)) throw new Error(resumed ? 'a session was resumed where a full handshake was asked for' : 'a session was not resumed');
}
