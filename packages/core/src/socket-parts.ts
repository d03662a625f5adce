import type { InfoKey } from './info-key.ts';
import { Lifecycle } from './lifecycle.ts';
import type { SocketLimits } from './limits.ts';
import { coreSection } from './limits.ts';
import { ReadySignal } from './ready.ts';
import { ReceiveSide } from './receive-side.ts';
import { SendQueue } from './send-queue.ts';
import type { Socket } from './socket.ts';
import type { SocketOptions } from './socket-options.ts';
import type { ReadyMask, Transport } from './transport.ts';

/** What a socket is made of. Its own class keeps it to itself: whoever had it could send past a layer. */
export interface Parts {
  readonly transport: Transport;
  readonly limits: SocketLimits;
  readonly life: Lifecycle;
  readonly out: SendQueue;
  readonly side: ReceiveSide;
  /** Those who watch the socket. */
  readonly signal: ReadySignal;
  /** Tells them. */
  readonly tell: () => void;
  /** Those who observe it; see the entry `observer`. */
  watch: UpgradeWatch | undefined;
}

/** Sees the upgrades of a socket. */
export interface UpgradeWatch {
  /** Of the observers. */
  readonly names: ReadonlySet<string>;
  readonly around: (layer: string, target: unknown, work: () => Promise<Socket>) => Promise<Socket>;
}

/** Asks a socket for its parts: for this package alone, so that its symbol is nowhere else. */
export const PARTS: InfoKey<Parts> = { symbol: /*#__PURE__*/ Symbol('parts') };

/** Puts a socket's parts together. */
export function socketParts(transport: Transport, options: SocketOptions | undefined): Parts {
  const limits = options === undefined ? coreSection.defaults : coreSection.pick(options);
  const signal = new ReadySignal();
  const tell = (): void => {
    if (signal.heard) signal.emit(readyOf(parts));
  };
  const side = new ReceiveSide(transport, tell);
  if (options?.unread !== undefined) for (const chunk of options.unread.toReversed()) side.giveBack(chunk);
  const parts: Parts = { transport, limits, life: new Lifecycle(transport), out: new SendQueue(transport, limits, tell, side), side, signal, tell, watch: undefined };
  return parts;
}

/** What would not wait now. */
export function readyOf({ life, side, out }: Parts): ReadyMask {
  return life.ready(side.held > 0, out.room > 0);
}
