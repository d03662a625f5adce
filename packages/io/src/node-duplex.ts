import type { Duplex } from 'node:stream';
import type { CloseReason, InfoKey } from '@sock/core';
import { infoKey } from '@sock/core';

/** The Node stream below a transport, for a layer that wants to stand directly on it. */
export interface NodeDuplex {
  /**
   * Takes the stream out: the transport stops listening, gives back what it had read (`unshift`), and from then on only tells when
   * the stream closes. The stream is paused; its `error` events belong to the taker.
   */
  take(): Duplex;
  /** After {@link take}: `closed` of the transport below tells what the layer above tells, which alone sees how it ended. It is asked at the end. */
  follow(above: { readonly closed: Promise<CloseReason> }): void;
  /** Breaks the connection off so that the peer can tell it from an end, where that is possible. */
  readonly abort: (() => void) | undefined;
}

/** Known by every transport made from a Node stream. */
export const NODE_DUPLEX: InfoKey<NodeDuplex> = /*#__PURE__*/ infoKey<NodeDuplex>('io.duplex');
