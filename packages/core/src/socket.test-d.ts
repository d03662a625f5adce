import { expectTypeOf } from 'vitest';
import type { CloseReason, Connector, Endpoint, InfoKey, Listener, SocketStats, TcpEndpoint, Upgrade } from './index.ts';
import { infoKey, isSocketError, Socket, SocketError, upgradeConnector, upgradeListener } from './index.ts';
import { memoryPair, memoryTransportPair } from './memory.ts';

const [a] = memoryPair();

expectTypeOf(a.recv()).toEqualTypeOf<Promise<Uint8Array | null>>();
expectTypeOf(a.recvInto(new Uint8Array(1))).toEqualTypeOf<Promise<number | null>>();
expectTypeOf(a.recvExactly(1)).toEqualTypeOf<Promise<Uint8Array>>();
expectTypeOf(a.tryRecv(new Uint8Array(1))).toEqualTypeOf<number>();
expectTypeOf(a.trySend(Buffer.from('x'))).toEqualTypeOf<number>();
expectTypeOf(a.send(new Uint8Array(1), { timeout: '1s', owned: true })).toEqualTypeOf<Promise<void>>();
expectTypeOf(a.sendAll([new Uint8Array(1)])).toEqualTypeOf<Promise<number>>();
expectTypeOf(a.closed).toEqualTypeOf<Promise<CloseReason>>();
expectTypeOf(a.stats).toEqualTypeOf<SocketStats>();
expectTypeOf<Socket>().toExtend<AsyncIterable<Uint8Array> & AsyncDisposable>();

// @ts-expect-error text is not bytes
void a.send('text');
// @ts-expect-error no such unit
void a.recv({ timeout: '1 fortnight' });
// @ts-expect-error a limit that does not exist
memoryPair({ sendQueueByte: 1 });
// @ts-expect-error a snapshot
a.stats.bytesSent = 1;

const [transport] = memoryTransportPair();
expectTypeOf(new Socket(transport, { sendQueueBytes: '64KiB', unread: [] })).toEqualTypeOf<Socket>();

const KEY: InfoKey<{ cipher: string }> = infoKey('x');
expectTypeOf(a.get(KEY)).toEqualTypeOf<{ cipher: string } | undefined>();

declare const error: unknown;
if (isSocketError(error, 'ERR_SOCK_RESET')) expectTypeOf(error).toEqualTypeOf<SocketError<'ERR_SOCK_RESET'>>();
if (isSocketError(error)) expectTypeOf(error.code).toEqualTypeOf<`ERR_SOCK_${string}`>();
// @ts-expect-error a code of ours starts with ERR_SOCK_
void new SocketError('ECONNRESET', 'm', { phase: 'recv', category: 'reset' });

declare const connector: Connector<TcpEndpoint>;
declare const upgrade: Upgrade<{ serverName: string }>;
declare const layer: Upgrade<TcpEndpoint>;
declare const listener: Listener;
declare const anyEndpoint: Upgrade<Endpoint | undefined>;
expectTypeOf(upgradeConnector(connector, layer)).toEqualTypeOf<Connector<TcpEndpoint>>();
expectTypeOf(upgradeListener(listener, anyEndpoint).pending).toEqualTypeOf<number>();
expectTypeOf(a.upgrade(upgrade, { serverName: 'x' })).toEqualTypeOf<Promise<Socket>>();
// @ts-expect-error this layer needs a target
void a.upgrade(upgrade);
// @ts-expect-error a signal would have no effect: the listener is closed with close()
upgradeListener(listener, anyEndpoint, { signal: new AbortController().signal });
