/** What the server process is told at its start. */
export interface PeerOrder {
  /** Certificate chain and key, PEM. */
  readonly chain: string;
  readonly key: string;
  /** The file that it sends to those who download. */
  readonly path: string;
}

/** Where its listeners are, all on 127.0.0.1. */
export interface PeerPorts {
  readonly plain: number;
  readonly tls: number;
  readonly nodeTls: number;
}

/** Its answer. */
export type PeerReport = { readonly ports: PeerPorts } | { readonly failure: string };
