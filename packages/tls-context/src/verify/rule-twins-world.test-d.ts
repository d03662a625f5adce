import { TLSSocket } from 'node:tls';
import type { Listener, Socket } from '@sock/core';
import { upgradeListener } from '@sock/core';
import { connect, listen } from '@sock/io';
import { rejection, until } from '@sock/testkit';
import { afterEach, describe, expect, test, vi } from 'vitest';
import type { ClientContext, ClientContextOptions, ClientSession, ClientSessionStore, ServerContext, ServerContextOptions, TlsError, TlsErrorCode, TlsInfo, VerificationStep } from '../index.ts';
import { createClientContext, createServerContext, TLS_INFO } from '../index.ts';

// Shared by the tables rule-twins*.test.ts. It holds no type tests: it is named so that neither a build nor a tarball has it.

/** Both sides of a connection, and whom the client means to dial. */
export interface World {
  readonly client?: ClientContextOptions;
  readonly server?: Partial<ServerContextOptions>;
  /** The server name that the client asks for; `null`: it names nobody. Default: **`good.test`** */
  readonly target?: string | null;
}

/** A rule, a world in which it is kept, and one in which it is broken. */
export interface Twin {
  readonly rule: string;
  readonly step: VerificationStep['step'];
  /** How the step ends in the good world. Default: **`ok`** */
  readonly outcome?: VerificationStep['outcome'];
  readonly good: World;
  readonly bad: World;
  readonly code: TlsErrorCode | 'ERR_SOCK_TIMEOUT';
  readonly words: RegExp;
  /**
   * How the good world becomes the bad one between two connections:
   * - `rules`: the side that verifies is updated to the options of the bad world
   * - `peer`: the peer is another one. A session remembers the certificate, chain and staple that were good, and a resumed handshake shows no other:
   *   nothing of them can go bad inside a session. So a server comes back with other ticket keys as well, and its client holds a session in vain
   * - `program`: `spoil` does it, behind the back of the context
   * - `clock`: the time moves on by `clockMs`; at first sight the bad world stands for that
   */
  readonly turn: 'rules' | 'peer' | 'program' | 'clock';
  readonly clockMs?: number;
  readonly spoil?: () => void;
  readonly mend?: () => void;
  /**
   * What the handshake of whoever holds a session is, after the turn: a resumed one is refused by verifying again, a full one because the session
   * was dropped. `passes`: a full one, too, but OpenSSL judges it, whose clock no test can move.
   */
  readonly again: 'resumed' | 'full' | 'passes';
  /** `false`: sessions are not resumed in the good world either. Default: **true** */
  readonly resumes?: boolean;
  /** Why a session that a faulty store offers in spite of the turn is not refused: the client cannot judge that again. */
  readonly trusted?: string;
}

/** What is the same in all worlds of a table. */
export interface Base {
  readonly side: 'client' | 'server';
  readonly client: ClientContextOptions;
  readonly server: ServerContextOptions;
}

/** The tests of a table: each row fresh and resumed, good and bad, with both versions, over real connections. */
export function proveTwins(base: Base, rows: readonly Twin[]): void {
  afterEach(() => void vi.useRealTimers());
  describe.each(['TLSv1.2', 'TLSv1.3'] as const)('%s', (version) => {
    const only = { minVersion: version, maxVersion: version };
    const place = (world: World, more: ClientContextOptions, use: (place: Place) => Promise<void>): Promise<void> =>
      between({ ...base.client, ...world.client, ...only, ...more }, { ...base.server, ...world.server }, use);

    describe.each(rows.map((row) => [row.rule, row] as const))('%s', (_, row) => {
      const then = row.again === 'passes' ? 'drops the session once it is broken' : 'refuses whoever holds a session once it is broken';

      test(`is kept fresh and resumed, and ${then}`, async () => {
        begin(row);
        await place(row.good, {}, async (here) => {
          for (const resumed of [false, row.resumes ?? true]) {
            const info = (await here.dial(row.good.target))[base.side];
            expect(info.resumed).toBe(resumed);
            expect(info.verification.find(({ step }) => step === row.step)?.outcome).toBe(row.outcome ?? 'ok');
          }
          turn(here, row, base.side);
          const { target } = turned(row);
          if (row.again === 'passes') expect((await here.dial(target))[base.side].resumed).toBe(false);
          else expectRefusal(await here.refusal(base.side, target), row, row.again === 'resumed');
        });
      });

      test('refuses at first sight when it is broken', async () => {
        row.mend?.();
        row.spoil?.();
        await place(row.bad, {}, async (here) => expectRefusal(await here.refusal(base.side, row.bad.target), row, false));
      });

      if (base.side === 'server' || row.turn === 'peer' || row.turn === 'program' || row.trusted !== undefined) return;

      test('refuses a session of the good days that a store offers whatever its key and its end', async () => {
        begin(row);
        await place(row.good, { sessions: { store: faultyStore(), lifetime: '7d' } }, async (here) => {
          await here.dial(row.good.target);
          await until(() => (here.client.sessionStats?.stored ?? 0) > 0, 'the ticket is there');
          turn(here, row, base.side);
          const { target } = turned(row);
          expectRefusal(await here.refusal(base.side, target), row, target !== null);
        });
      });
    });
  });
}

function begin({ mend, turn }: Twin): void {
  mend?.();
  // Before anybody takes hold of the clock.
  if (turn === 'clock') vi.useFakeTimers({ toFake: ['Date'], now: Date.now() });
}

/** The world after the turn: time leaves both sides as they are. */
function turned({ turn, good, bad }: Twin): World {
  return turn === 'clock' ? good : bad;
}

function turn({ client, server }: Place, row: Twin, side: 'client' | 'server'): void {
  const { client: forClient, server: forServer } = row.bad;
  row.spoil?.();
  if (row.turn === 'clock') vi.setSystemTime(Date.now() + (row.clockMs as number));
  if (row.turn === 'rules' || row.turn === 'peer') {
    if (forClient !== undefined) client.update(forClient);
    if (forServer !== undefined) server.update(side === 'client' && row.turn === 'peer' ? { ...forServer, sessions: {} } : forServer);
  }
}

function expectRefusal({ error, resumed }: Refusal, { code, words }: Twin, again: boolean): void {
  expect(error.message).toMatch(words);
  expect([error.code, resumed ? 'resumed' : 'full']).toEqual([code, again ? 'resumed' : 'full']);
}

interface Refusal {
  readonly error: TlsError;
  /** Whether the handshake was a resumed one. */
  readonly resumed: boolean;
}

interface Place {
  readonly client: ClientContext;
  readonly server: ServerContext;
  /** One connection on which the server says "hi", so that tickets arrive; it is over when this resolves. */
  dial(target: World['target']): Promise<Readonly<Record<'client' | 'server', TlsInfo>>>;
  /** What the side that verifies says about a connection that must not come about. */
  refusal(side: 'client' | 'server', target: World['target']): Promise<Refusal>;
}

async function between(clientOptions: ClientContextOptions, serverOptions: ServerContextOptions, use: (place: Place) => Promise<void>): Promise<void> {
  const [client, server] = [createClientContext(clientOptions), createServerContext(serverOptions)];
  const refused: TlsError[] = [];
  const listener = upgradeListener(await listen('127.0.0.1:0'), server, { onUpgradeError: (error) => refused.push(error as TlsError) });
  const accepted = new Map<number, Socket>();
  const serving = serve(listener, accepted);
  const dial: Place['dial'] = async (target = 'good.test') => {
    const plain = await connect(listener.endpoint);
    const { port } = plain.local as { port: number };
    const near = await plain.upgrade(client, target === null ? { path: 'a socket without a name' } : { serverName: target }, { timeout: '5s' });
    try {
      if ((await near.recv({ timeout: '5s' })) === null) throw new Error('the server ended the connection without a word');
      return { client: near.get(TLS_INFO) as TlsInfo, server: accepted.get(port)?.get(TLS_INFO) as TlsInfo };
    } finally {
      near.destroy();
    }
  };
  const refusal: Place['refusal'] = async (side, target) => {
    refused.length = 0;
    const reused = vi.spyOn(TLSSocket.prototype, 'isSessionReused');
    const seen = await rejection<TlsError>(dial(target));
    if (side === 'server') await until(() => refused.length > 0, 'the server says why');
    const resumed = reused.mock.results.some(({ value }) => value === true);
    reused.mockRestore();
    return { error: side === 'client' ? seen : (refused[0] as TlsError), resumed };
  };
  try {
    await use({ client, server, dial, refusal });
  } finally {
    vi.restoreAllMocks();
    for (const socket of accepted.values()) socket.destroy();
    await listener.close();
    await serving;
  }
}

async function serve(listener: Listener, accepted: Map<number, Socket>): Promise<void> {
  for await (const socket of listener) {
    accepted.set((socket.remote as { port: number }).port, socket);
    // A client that refuses this server is gone by now.
    await socket.send(Buffer.from('hi')).catch(() => {});
  }
}

/** A store with every fault that a shared one may have: it mixes up keys, forgets nothing, and tells wrong times. */
function faultyStore(): ClientSessionStore {
  let last: ClientSession | undefined;
  const later = Date.now() + 30 * 86_400_000;
  return {
    take: () => last,
    put: (_key, session) => void (last = { ...session, authenticatedAt: later, expiresAt: later }),
    forget: () => {},
  };
}
