import { isIP } from 'node:net';
import type { Budget, Cancel, Socket, SocketError, TcpEndpoint } from '@sock/core';
import { wait } from '@sock/core';
import type { ConnectAttempt } from './connect-error.ts';
import { ConnectError } from './connect-error.ts';

/** How {@link race} goes; times in milliseconds. */
export interface RaceOptions {
  readonly endpoint: TcpEndpoint;
  readonly attemptDelay: number;
  /** Attempts under way at the same time. */
  readonly maxAttempts: number;
  /** For each attempt. */
  readonly connectTimeout: number;
  /** Errors for addresses that are not dialled, told with the others when all fail. */
  readonly denied: ReadonlyMap<string, SocketError>;
  /** Dials one address; ends it when its signal fires. */
  readonly open: (address: string, cancel: Cancel) => Promise<Socket>;
}

/** `error` and `endedAt` are missing while it is under way. */
interface Attempt {
  readonly address: string;
  readonly begunAt: number;
  endedAt?: number;
  error?: SocketError;
}

/**
 * Dials `addresses` in their order by the rules of RFC 8305 section 5: the next one after `attemptDelay`, at once when one fails; the first that
 * answers wins and ends the others.
 *
 * @throws {ConnectError}
 */
export async function race(addresses: readonly string[], budget: Budget, options: RaceOptions): Promise<Socket> {
  const { endpoint, attemptDelay, maxAttempts, connectTimeout, denied, open } = options;
  const attempts: Attempt[] = [...denied].map(([address, error]) => ({ address, begunAt: 0, endedAt: 0, error }));
  // Ends those that lost. An address that is alone, such as a literal one, has nobody to lose against: the caller's own cancel does for it.
  const stop = addresses.length > 1 ? new AbortController() : undefined;
  let over = false;
  let timer: ReturnType<typeof setTimeout> | undefined;
  try {
    return await wait<Socket>(budget.rest(), { phase: 'connect', endpoint }, (resolve, reject) => {
      let next = 0;
      let running = 0;
      const begin = (): void => {
        clearTimeout(timer);
        const address = addresses[next];
        if (address === undefined || running === maxAttempts) return;
        next += 1;
        running += 1;
        const attempt: Attempt = { address, begunAt: performance.now() };
        attempts.push(attempt);
        if (next < addresses.length) timer = setTimeout(begin, attemptDelay);
        open(address, stop === undefined ? budget.rest(connectTimeout) : { signal: stop.signal, timeout: connectTimeout }).then((socket) => {
          // Two may answer in the same moment; nobody would ever close the second.
          if (over) return socket.destroy();
          over = true;
          if (running > 1) stop?.abort(LOST);
          resolve(socket);
        }, (error: SocketError) => {
          if (over) return;
          running -= 1;
          attempt.error = error;
          attempt.endedAt = performance.now();
          begin();
          if (running === 0) reject(error);
        });
      };
      begin();
      return () => {
        over = true;
        stop?.abort(LOST);
      };
    });
  } catch (error) {
    throw new ConnectError(error as SocketError, endpoint, attempts.map((each) => told(each, error as SocketError)), attempts.flatMap((each) => each.error ?? []));
  } finally {
    clearTimeout(timer);
  }
}

/** Nobody hears it. Without one, a signal makes an exception with the whole stack in it, which costs as much as the dialling itself. */
const LOST = 'lost';

function told({ address, begunAt, endedAt = performance.now(), error }: Attempt, end: SocketError): ConnectAttempt {
  return { address, family: isIP(address) === 4 ? 4 : 6, code: (error ?? end).code, ms: endedAt - begunAt };
}
