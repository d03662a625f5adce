import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import type { AddressInfo, Socket } from 'node:net';
import { hardReset } from './hard-reset.ts';
import { turns } from './until.ts';

/** `up` goes from the one who dialled to the target, `down` comes back. */
export type Direction = 'up' | 'down';

/** One connection through the proxy. */
export interface SniffedConnection {
  /** Every byte that arrived from the client. */
  readonly up: Buffer;
  /** Every byte that arrived from the target. */
  readonly down: Buffer;
  /** Whether a FIN came from that side. */
  ended(direction: Direction): boolean;
  /** Passes on no more of that direction; what comes is kept until {@link release}, and with enough of it the sender is stopped. */
  stall(direction: Direction): void;
  release(direction: Direction): void;
  /** Sends bytes of its own, behind what was passed on: an attacker in the middle. */
  inject(direction: Direction, bytes: Uint8Array): void;
  /** Ends that direction with a FIN, whatever is still to come. */
  end(direction: Direction): void;
  /** Breaks both sides off with a reset. */
  reset(): void;
  /** Resolves when both sides are closed. */
  readonly closed: Promise<void>;
}

/** How each new connection is treated. Each is per direction. */
export interface Spoiling {
  /** Passes on so many bytes, then a FIN. */
  readonly truncateAfter?: Partial<Record<Direction, number>>;
  /** Passes on so many bytes, then resets both sides. */
  readonly resetAfter?: Partial<Record<Direction, number>>;
  /** One byte at a time, each as a write of its own. */
  readonly drip?: boolean;
}

/** A proxy on loopback that records, and spoils when asked to. */
export interface SniffingProxy extends AsyncDisposable {
  readonly host: string;
  readonly port: number;
  readonly connections: readonly SniffedConnection[];
  /** The next connection that was not handed out yet. */
  next(): Promise<SniffedConnection>;
  close(): Promise<void>;
}

/** Stands between a client and `target` and keeps every byte of both directions. */
export async function sniffingProxy(target: { readonly host?: string; readonly port: number } | { readonly path: string }, spoiling: Spoiling = {}): Promise<SniffingProxy> {
  const connections: Link[] = [];
  const waiting: ((connection: SniffedConnection) => void)[] = [];
  let given = 0;
  const server = createServer({ allowHalfOpen: true, noDelay: true }, (client) => {
    const upstream = connect('path' in target ? { path: target.path, allowHalfOpen: true } : { host: target.host ?? '127.0.0.1', port: target.port, allowHalfOpen: true, noDelay: true });
    const link = new Link(client, upstream, spoiling);
    connections.push(link);
    const next = waiting.shift();
    if (next === undefined) return;
    given += 1;
    next(link);
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const close = async (): Promise<void> => {
    for (const connection of connections) connection.drop();
    if (server.listening) await once(server.close(), 'close');
  };
  return {
    host: '127.0.0.1',
    port: (server.address() as AddressInfo).port,
    connections,
    next: () => {
      const connection = connections[given];
      if (connection === undefined) return new Promise((resolve) => waiting.push(resolve));
      given += 1;
      return Promise.resolve(connection);
    },
    close,
    [Symbol.asyncDispose]: close,
  };
}

class Link implements SniffedConnection {
  readonly closed: Promise<void>;
  readonly #seen: Record<Direction, Buffer[]> = { up: [], down: [] };
  readonly #ended: Record<Direction, boolean> = { up: false, down: false };
  readonly #held: Record<Direction, Buffer[] | undefined> = { up: undefined, down: undefined };
  readonly #passed: Record<Direction, number> = { up: 0, down: 0 };
  /** In a dripping direction, what is still to be written. */
  readonly #dripping: Record<Direction, Promise<void>> = { up: Promise.resolve(), down: Promise.resolve() };
  readonly #from: Record<Direction, Socket>;
  readonly #to: Record<Direction, Socket>;
  readonly #spoiling: Spoiling;

  constructor(client: Socket, upstream: Socket, spoiling: Spoiling) {
    this.#spoiling = spoiling;
    this.#from = { up: client, down: upstream };
    this.#to = { up: upstream, down: client };
    this.closed = Promise.all([client, upstream].map((socket) => new Promise((resolve) => socket.once('close', resolve)))).then(() => undefined);
    for (const direction of ['up', 'down'] as const) {
      const from = this.#from[direction];
      from.on('data', (chunk) => this.#arrived(direction, chunk));
      from.on('end', () => {
        this.#ended[direction] = true;
        if (this.#held[direction] === undefined) void this.#dripping[direction].then(() => this.end(direction));
      });
      // A side that breaks off breaks the other off as well: the proxy adds no grace of its own.
      from.on('error', () => this.reset());
      from.on('close', () => {
        if (!this.#ended[direction]) this.reset();
      });
    }
  }

  get up(): Buffer {
    return Buffer.concat(this.#seen.up);
  }

  get down(): Buffer {
    return Buffer.concat(this.#seen.down);
  }

  ended(direction: Direction): boolean {
    return this.#ended[direction];
  }

  stall(direction: Direction): void {
    this.#held[direction] ??= [];
  }

  release(direction: Direction): void {
    const held = this.#held[direction];
    this.#held[direction] = undefined;
    this.#from[direction].resume();
    for (const chunk of held ?? []) this.#pass(direction, chunk);
    if (this.#ended[direction]) this.end(direction);
  }

  inject(direction: Direction, bytes: Uint8Array): void {
    this.#to[direction].write(bytes);
  }

  end(direction: Direction): void {
    this.#to[direction].end();
  }

  reset(): void {
    hardReset(this.#from.up);
    hardReset(this.#to.up);
  }

  drop(): void {
    this.#from.up.destroy();
    this.#to.up.destroy();
  }

  #arrived(direction: Direction, chunk: Buffer): void {
    this.#seen[direction].push(chunk);
    const held = this.#held[direction];
    if (held === undefined) return this.#pass(direction, chunk);
    held.push(chunk);
    // So much is enough to see that the sender goes on; the system's buffers stop it from here.
    if (held.length >= 64) this.#from[direction].pause();
  }

  #pass(direction: Direction, chunk: Buffer): void {
    const to = this.#to[direction];
    const { truncateAfter, resetAfter, drip } = this.#spoiling;
    const limit = truncateAfter?.[direction] ?? resetAfter?.[direction] ?? Infinity;
    const room = limit - this.#passed[direction];
    const part = chunk.length > room ? chunk.subarray(0, Math.max(0, room)) : chunk;
    this.#passed[direction] += part.length;
    const done = (): void => {
      if (this.#passed[direction] < limit) return;
      if (resetAfter?.[direction] === undefined) return this.end(direction);
      // Some turns later, when a peer in this process has read: libuv reports a reset that stands behind unread bytes as an end.
      void turns(5).then(() => this.reset());
    };
    if (to.destroyed || to.writableEnded) return;
    if (drip === true) {
      this.#dripping[direction] = this.#dripping[direction].then(() => this.#drip(to, part)).then(done);
      return;
    }
    if (!to.write(part, done)) {
      this.#from[direction].pause();
      to.once('drain', () => this.#from[direction].resume());
    }
  }

  async #drip(to: Socket, part: Buffer): Promise<void> {
    for (let index = 0; index < part.length; index += 1) {
      if (to.destroyed || to.writableEnded) return;
      await new Promise((resolve) => to.write(part.subarray(index, index + 1), resolve));
    }
  }
}
