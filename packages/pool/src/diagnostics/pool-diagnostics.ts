import { channel } from 'node:diagnostics_channel';
import type { PoolObserver } from '../pool-observer.ts';
import { EVENTS } from '../telemetry/observers.ts';

/** The channels, by their names: `diagnostics_channel.subscribe('sock:pool:acquired', …)`. */
export type PoolChannel = `sock:pool:${keyof PoolObserver}`;

/** What is published on a channel: the event, and which pool it is of. */
export type PoolMessage<Name extends keyof PoolObserver> = Parameters<NonNullable<PoolObserver[Name]>>[0] & {
  /** As `poolDiagnostics` was told. */
  readonly pool: string | undefined;
};

/**
 * An observer, for `createPool(connector, { observer })`, that publishes each event on a channel of `node:diagnostics_channel`: `sock:pool:acquired` and so on, by the
 * names of {@link PoolObserver}. Without a subscriber a channel costs one question for each event, which is not even made then.
 *
 * @param name - tells the pool from others: `pool` of each message
 */
export function poolDiagnostics(name?: string): PoolObserver {
  const observer: { [Name in keyof PoolObserver]?: (event: object) => void } = {};
  for (const event of EVENTS) {
    // Once: to look a channel up by its name costs more than to ask it.
    const news = channel(`sock:pool:${event}` satisfies PoolChannel);
    const publish = (message: object): void => news.publish({ pool: name, ...message });
    Object.defineProperty(observer, event, { enumerable: true, get: () => (news.hasSubscribers ? publish : undefined) });
  }
  return observer;
}
