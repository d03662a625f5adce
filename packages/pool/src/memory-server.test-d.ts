// Support of the tests: not compiled into dist, and not published.
import type { Cancel, Connector, Socket } from '@sock/core';
import { SocketError } from '@sock/core';
import { memoryPair } from '@sock/core/memory';

/** A server in memory: its targets are names. */
export interface MemoryServer extends Connector<string> {
  /** The server's sides, in the order in which they were dialled; closed ones as well. */
  readonly peers: Socket[];
  /** Dials so far, those that failed as well. */
  dials: number;
  /** Dials fail while it is away. With a function: what they fail with. */
  away: boolean | ((target: string) => Error | undefined);
  /** Dials wait here until `open` is called, when it is set. */
  slow: boolean;
  /** Lets the first waiting dial go on, or all of them. */
  open(count?: number): void;
  readonly dialling: number;
  /** A change of it is another key for the same target. */
  trust: string;
  /** Ends every peer, gracefully or not. */
  hangUp(how?: 'end' | 'reset'): void;
}

export function memoryServer(): MemoryServer {
  const gates: (() => void)[] = [];
  const server: MemoryServer = {
    peers: [],
    dials: 0,
    away: false,
    slow: false,
    trust: '',
    key: (target) => `memory ${target}${server.trust}`,
    connect: async (target, options?: Cancel) => {
      server.dials += 1;
      if (server.slow) {
        await new Promise<void>((resolve, reject) => {
          gates.push(resolve);
          options?.signal?.addEventListener('abort', () => {
            gates.splice(gates.indexOf(resolve), 1);
            reject(options.signal?.reason as Error);
          });
        });
      }
      const error = typeof server.away === 'function' ? server.away(target) : server.away ? refused(target) : undefined;
      if (error !== undefined) throw error;
      const [client, peer] = memoryPair();
      server.peers.push(peer);
      return client;
    },
    open: (count = gates.length) => {
      for (const gate of gates.splice(0, count)) gate();
    },
    get dialling() {
      return gates.length;
    },
    hangUp: (how = 'end') => {
      // Those of now: a pool may dial again meanwhile.
      const peers = [...server.peers];
      for (const peer of peers) {
        if (how === 'reset') peer.destroy();
        else void peer.close();
      }
    },
  };
  return server;
}

export function refused(target: string): SocketError<'ERR_SOCK_REFUSED'> {
  return new SocketError('ERR_SOCK_REFUSED', `${target} refused the connection`, { phase: 'connect', category: 'refused', retryable: true });
}
