// A client of Redis (RESP2 and RESP3) over the connections of a pool; of any connector, so that whatever it puts on a connection is there already.
import type { Cancel, Connector, Socket } from '@sock/core';
import { Budget, SocketError } from '@sock/core';
import { reader } from '@sock/core/framing';
import type { Reader } from '@sock/core/framing';
import type { Pool, PoolOptions } from '@sock/pool';
import { createPool } from '@sock/pool';

/** What a server answers with. Strings are UTF-8. */
export type Reply = string | number | bigint | boolean | null | RespError | readonly Reply[] | ReadonlyMap<Reply, Reply>;
/** A command and its arguments. */
export type Command = readonly (string | number | Uint8Array)[];

/** The server refused a command: `WRONGTYPE`, `NOAUTH` and the like. The connection is as good as before. */
export class RespError extends Error {
  override readonly name = 'RespError';
}

export interface RedisOptions<T> {
  /** Default: **nobody; the password alone, if there is one** */
  readonly user?: string | undefined;
  readonly password?: string | undefined;
  /** Version of the protocol. Default: **2**, which every server speaks */
  readonly protocol?: 2 | 3 | undefined;
  readonly pool?: PoolOptions<T, RespConnection> | undefined;
}

/** A pool whose leases have a {@link RespConnection} as their data. */
export function redisPool<T>(connector: Connector<T>, { user = 'default', password, protocol = 2, pool }: RedisOptions<T> = {}): Pool<T, RespConnection> {
  const login: readonly Command[] = [
    ...(protocol === 3 ? [['HELLO', 3, ...(password === undefined ? [] : ['AUTH', user, password])]] : []),
    ...(protocol === 2 && password !== undefined ? [['AUTH', user, password]] : []),
  ];
  return createPool<T, RespConnection>(connector, {
    prepare: async (socket, _target, cancel) => {
      const connection = new RespConnection(socket);
      for (const reply of await connection.pipeline(login, cancel)) if (reply instanceof RespError) throw reply;
      return connection;
    },
    ping: ({ data }, cancel) => data.pipeline([['PING']], cancel),
    ...pool,
  });
}

/** One command over a connection of the pool. @throws {@link RespError} when the server refuses it; what the pool throws */
export async function command<T>(pool: Pool<T, RespConnection>, target: T, words: Command, cancel?: Cancel): Promise<Reply> {
  // What is thrown inside use() costs the connection; a refusal need not.
  const [reply = null] = await pool.use(target, ({ data }) => data.pipeline([words], cancel), cancel);
  if (reply instanceof RespError) throw reply;
  return reply;
}

/** A connection that speaks RESP. When a call fails, it may stand in the middle of a reply: it is to be discarded then, as `pool.use()` does. */
export class RespConnection {
  readonly #socket: Socket;
  readonly #in: Reader;

  constructor(socket: Socket) {
    this.#socket = socket;
    this.#in = reader(socket, { limit: '64MiB' });
  }

  /** Sends all commands at once, and answers with their replies in the same order; refusals stand among them. */
  async pipeline(commands: readonly Command[], cancel?: Cancel): Promise<Reply[]> {
    const budget = new Budget(cancel);
    const replies: Reply[] = [];
    const receive = async (): Promise<void> => {
      while (replies.length < commands.length) {
        const reply = await this.#next(budget.rest());
        if (reply !== PUSH) replies.push(reply);
      }
    };
    // At the same time: a server that nobody listens to may stop listening.
    await Promise.all([this.#socket.sendv(commands.map(encode), budget.rest()), receive()]);
    return replies;
  }

  /** A reply is a line, and what the line announces. */
  async #next(cancel: Cancel, depth = 0): Promise<Reply | typeof PUSH> {
    const line = await this.#in.line(cancel);
    const rest = line.slice(1);
    switch (line[0]) {
      case '+': return rest;
      case '-': return new RespError(rest);
      case ':': return integer(rest);
      case '(': return BigInt(rest);
      case ',': return Number(rest === 'inf' ? Infinity : rest === '-inf' ? -Infinity : rest);
      case '#': return rest === 't';
      case '_': return null;
      case '$': return rest === '-1' ? null : await this.#bulk(lengthOf(rest), cancel);
      case '=': return (await this.#bulk(lengthOf(rest), cancel)).slice('txt:'.length);
      case '!': return new RespError(await this.#bulk(lengthOf(rest), cancel));
      case '*': case '~': return rest === '-1' ? null : await this.#list(lengthOf(rest), cancel, depth);
      case '%': return pairs(await this.#list(2 * lengthOf(rest), cancel, depth));
      case '>': await this.#list(lengthOf(rest), cancel, depth);
        return PUSH;
      case '|': await this.#list(2 * lengthOf(rest), cancel, depth);
        return await this.#next(cancel, depth);
      default: throw malformed(`a reply that begins with ${JSON.stringify(line.slice(0, 20))}`);
    }
  }

  async #bulk(length: number, cancel: Cancel): Promise<string> {
    const bytes = await this.#in.exactly(length + 2, cancel);
    if (bytes[length] !== 13 || bytes[length + 1] !== 10) throw malformed(`a string that is longer than its ${length} bytes`);
    return new TextDecoder().decode(bytes.subarray(0, length));
  }

  async #list(length: number, cancel: Cancel, depth: number): Promise<Reply[]> {
    if (depth >= MAX_DEPTH) throw malformed(`lists within lists, ${depth} deep`);
    const list: Reply[] = [];
    while (list.length < length) {
      const reply = await this.#next(cancel, depth + 1);
      if (reply !== PUSH) list.push(reply);
    }
    return list;
  }
}

/** Something that the server tells by itself: no reply. */
const PUSH: unique symbol = Symbol('push');
const MAX_DEPTH = 32;

/** An array of bulk strings. */
function encode(words: Command): Uint8Array {
  const parts: (string | Uint8Array)[] = [`*${words.length}\r\n`];
  for (const word of words) {
    const bytes = word instanceof Uint8Array ? word : new TextEncoder().encode(String(word));
    parts.push(`$${bytes.length}\r\n`, bytes, '\r\n');
  }
  return Buffer.concat(parts.map((part) => (typeof part === 'string' ? Buffer.from(part) : part)));
}

function integer(text: string): number | bigint {
  const value = Number(text);
  return Number.isSafeInteger(value) ? value : BigInt(text);
}

function lengthOf(text: string): number {
  if (!/^\d{1,10}$/.test(text)) throw malformed(`a length of ${JSON.stringify(text.slice(0, 20))}`);
  return Number(text);
}

function pairs(list: readonly Reply[]): Map<Reply, Reply> {
  const map = new Map<Reply, Reply>();
  for (let index = 0; index < list.length; index += 2) {
    const [key = null, value = null] = list.slice(index, index + 2);
    map.set(key, value);
  }
  return map;
}

function malformed(what: string): SocketError<'ERR_SOCK_MALFORMED'> {
  return new SocketError('ERR_SOCK_MALFORMED', `the server sent ${what}: is it Redis?`, { phase: 'recv', category: 'protocol' });
}
