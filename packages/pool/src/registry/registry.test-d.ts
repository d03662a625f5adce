import type { Endpoint, Listener, Socket, Upgrade } from '@sock/core';
import { memoryPair } from '@sock/core/memory';
import type { Reader } from '@sock/core/framing';
import { expectTypeOf } from 'vitest';
import type { BroadcastResult, Connection, ConnectionEnd, DrainReport, Registry, Server } from '../registry.ts';
import { createRegistry, serve } from '../registry.ts';

const [socket] = memoryPair();

const plain = createRegistry();
expectTypeOf(plain).toEqualTypeOf<Registry>();
expectTypeOf(plain.add(socket).data).toEqualTypeOf<undefined>();
plain.add(socket, undefined, { idleTimeout: '1m' });

const named = createRegistry<{ name: string }>({ busy: ({ data }) => data.name === 'anna', onEnd: ({ data }, end) => void [data.name, end.reason] });
const connection = named.add(socket, { name: 'anna' });
expectTypeOf(connection.data).toEqualTypeOf<{ name: string }>();
expectTypeOf(connection.in).toEqualTypeOf<Reader>();
expectTypeOf(connection.closed).toEqualTypeOf<Promise<ConnectionEnd>>();
expectTypeOf(named.get(1)).toEqualTypeOf<Connection<{ name: string }> | undefined>();
expectTypeOf(named.remove(connection)).toEqualTypeOf<Socket | undefined>();
expectTypeOf(named.drain()).toEqualTypeOf<Promise<DrainReport<{ name: string }>>>();
expectTypeOf(named.broadcast(new Uint8Array(1), { filter: ({ data }) => data.name !== '', slow: 'wait' })).toEqualTypeOf<Promise<BroadcastResult<{ name: string }>>>();
expectTypeOf([...named]).toEqualTypeOf<Connection<{ name: string }>[]>();
expectTypeOf<Registry>().toExtend<AsyncDisposable>();

// @ts-expect-error data that has to be there is missing
named.add(socket);
// @ts-expect-error another type of data
named.add(socket, { age: 3 });
// @ts-expect-error no such way to treat slow peers
void named.broadcast(new Uint8Array(1), { slow: 'queue' });
// @ts-expect-error a limit that does not exist
createRegistry({ maxPerAdress: 1 });
// @ts-expect-error a connection of other data
named.remove(plain.add(socket));

declare const upgrade: Upgrade<Endpoint | undefined>;
declare const named443: Upgrade<string>;
expectTypeOf(connection.upgrade(upgrade)).toEqualTypeOf<Promise<Socket>>();
expectTypeOf(connection.upgrade(named443, 'example.com')).toEqualTypeOf<Promise<Socket>>();
// @ts-expect-error a target of another kind
void connection.upgrade(named443, 5);

declare const listener: Listener;
expectTypeOf(serve(listener, () => {})).toEqualTypeOf<Server>();
expectTypeOf(serve<number>(listener, async ({ data }) => void (data + 1), { data: () => 1 })).toEqualTypeOf<Server<number>>();
serve(listener, async (connection) => connection.keep());
serve<number>(listener, () => {}, { data: () => 1, registry: createRegistry<number>() });
// @ts-expect-error nobody makes the data
serve<number>(listener, () => {});
// @ts-expect-error a registry of other data
serve<number>(listener, () => {}, { data: () => 1, registry: createRegistry<string>() });
