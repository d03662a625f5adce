import { leakGuard, text, until } from '@sock/testkit';
import { expect, test } from 'vitest';
import type { Connection } from '../registry.ts';
import { serve } from '../registry.ts';
import { Listening } from './listening.test-d.ts';
import { readAll } from './peer.test-d.ts';

leakGuard();

const HANDLERS = {
  'a line': async ({ in: reader }: Connection): Promise<void> => {
    while (!(await reader.atEnd())) await reader.line();
  },
  'the next chunk': async ({ socket }: Connection): Promise<void> => {
    for await (const _ of socket);
  },
} as const;

test.each(Object.keys(HANDLERS) as (keyof typeof HANDLERS)[])('a connection that the program closes while its handler waits for %s ends in peace: its farewell arrives, and no error is told', async (what) => {
  const listener = new Listening();
  const connections: Connection[] = [];
  const told: unknown[] = [];
  const server = serve(listener, (connection) => {
    connections.push(connection);
    return HANDLERS[what](connection);
  }, { onError: (error) => told.push(error) });
  const peer = listener.dial();
  await until(() => connections.length === 1, 'accepted');
  const [connection] = connections as [Connection];
  await connection.out.line('goodbye');
  const closed = connection.close();
  expect(text(await readAll(peer))).toBe('goodbye\r\n');
  await peer.close();
  await closed;
  expect([await connection.closed, told, server.stats.handlerErrors]).toEqual([{ reason: 'local', how: 'local' }, [], 0]);
  await server.close();
});

test('nor is an error told of a handler whose connection the program destroyed; one that fails by itself while it closes is', async () => {
  const listener = new Listening();
  const connections: Connection[] = [];
  const told: unknown[] = [];
  const own = new Error('mine');
  const server = serve(listener, async (connection) => {
    connections.push(connection);
    await connection.in.line().catch((error: unknown) => {
      throw connection.id === 1 ? error : own;
    });
  }, { onError: (error) => told.push(error) });
  const peers = [listener.dial(), listener.dial()];
  await until(() => connections.length === 2, 'accepted');
  connections[0]?.destroy(new Error('enough'));
  void connections[1]?.close();
  await until(() => server.connections.size === 0, 'gone');
  expect(told).toEqual([own]);
  expect((await connections[1]?.closed)?.how).toBe('error');
  for (const peer of peers) peer.destroy();
  await server.close();
});
