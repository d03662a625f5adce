import { wrongOption } from '@sock/config';
import type { Cancel, Connector } from '../connector.ts';
import { Budget } from '../deadline.ts';
import type { Socket } from '../socket.ts';
import { AttemptSeries } from './attempt-series.ts';
import type { RetryOptions } from './retry-options.ts';
import { retrySettings } from './retry-options.ts';

/** Options of {@link retryConnector}: as of `retry`; a signal is given to each dial. */
export type RetryConnectorOptions = Omit<RetryOptions<Socket>, 'signal' | 'discard'>;

/**
 * A connector that dials again as `retry` does. The key is that of the connector below: how often it was tried makes no connection another one.
 * The `timeout` of a dial and the one here both hold: the shorter one counts. A connection that comes after its attempt was given up is destroyed.
 *
 * @throws `ERR_SOCK_CONFIG`; dialling throws what `retry` throws
 */
export function retryConnector<T>(connector: Connector<T>, options: RetryConnectorOptions = {}): Connector<T> {
  const settings = { ...retrySettings<Socket>('retryConnector', options, { without: ['signal', 'discard'] }), discard: (late: Socket): void => late.destroy() };
  if (typeof (connector as Partial<Connector<T>> | null | undefined)?.connect !== 'function') throw wrongOption('retryConnector', 'connector', connector, 'a connector such as tcp()');
  return {
    key: connector.key,
    connect: async (target: T, cancel?: Cancel): Promise<Socket> => {
      const { signal, timeout } = new Budget(cancel).rest(settings.timeoutMs);
      const timeoutMs = typeof timeout === 'number' ? timeout : Infinity;
      return await new AttemptSeries<Socket>((rest) => connector.connect(target, rest), { ...settings, signal, timeoutMs }).run();
    },
  };
}
