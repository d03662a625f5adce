import { tracingChannel } from 'node:diagnostics_channel';
import type {
  AcceptObservation, CloseObservation, ConnectObservation, HandshakeObservation, Observation, Observer, TransferObservation, Watch,
} from '@sock/core/observer';

/** The tracing channels, by their names: `tracingChannel('sock:connect')`. */
export type SocketChannel = 'sock:connect' | 'sock:accept' | 'sock:handshake' | 'sock:send' | 'sock:recv' | 'sock:close';

/** An observer of everything. */
export type DiagnosticsObserver = { readonly [K in keyof Observer]-?: NonNullable<Observer[K]> };

/**
 * An observer, for `observe` and `observed` of `@sock/core/observer`, that publishes on the tracing channels: `start` and `end` around the call, `error`
 * when it failed, and, when the call gave a promise (`waited`), `asyncStart` and `asyncEnd` when that is settled, before whoever waits for it goes on. The message is
 * the observation. A channel without a subscriber costs one question for each operation.
 */
export function diagnosticsObserver(): DiagnosticsObserver {
  return {
    name: 'node:diagnostics_channel',
    connect: watchOf<ConnectObservation>('sock:connect'),
    accept: watchOf<AcceptObservation>('sock:accept'),
    handshake: watchOf<HandshakeObservation>('sock:handshake'),
    send: watchOf<TransferObservation>('sock:send'),
    recv: watchOf<TransferObservation>('sock:recv'),
    close: watchOf<CloseObservation>('sock:close'),
  };
}

function watchOf<O extends Observation>(name: SocketChannel): Watch<O> {
  const channels = tracingChannel<unknown, O>(name);
  const { start, end, asyncStart, asyncEnd, error } = channels;
  return {
    enabled: () => channels.hasSubscribers,
    around: (observation, work) => start.runStores(observation, () => {
      try {
        return work();
      } finally {
        end.publish(observation);
      }
    }),
    error: (observation) => error.publish(observation),
    end: (observation) => {
      if (!observation.waited) return;
      asyncStart.publish(observation);
      asyncEnd.publish(observation);
    },
  };
}
