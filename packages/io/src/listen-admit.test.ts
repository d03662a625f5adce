import type { Endpoint, Upgrade } from '@sock/core';
import { Socket } from '@sock/core';
import type { AdmissionError } from '@sock/core/admission';
import { admit } from '@sock/core/admission';
import { leakGuard, rawPeer, rejection, until } from '@sock/testkit';
import { expect, test } from 'vitest';
import { connect } from './connect.ts';
import { listen } from './listen.ts';

leakGuard();

/** The reset may be faster than the news that the connection stands. */
const fate = async (port: number): Promise<string | undefined> => await rawPeer({ port }).then(async ({ closed }) => await closed, ({ code }: NodeJS.ErrnoException) => code);

const layer: Upgrade<Endpoint | undefined> = {
  name: 'layer',
  key: () => '',
  upgrade: async (socket) => {
    const { transport, unread, limits } = await socket.detach();
    return new Socket(transport, { ...limits, unread });
  },
};

test('a refused connection sees a reset; one that closes, or whose layer closes, makes room', async () => {
  const heard: AdmissionError[] = [];
  await using listener = admit(await listen('127.0.0.1:0'), { maxConnections: 1, onRefused: (error) => heard.push(error) });
  const { port } = listener.endpoint as { port: number };
  const first = await rawPeer({ port });
  const accepted = await (await listener.accept()).upgrade(layer);
  const waiting = listener.accept();
  expect(await fate(port)).toBe('ECONNRESET');
  expect(listener.stats).toMatchObject({ admitted: 1, open: 1, refused: { maxConnections: 1, maxPerAddress: 0, rate: 0 } });
  expect(heard).toMatchObject([{ code: 'ERR_SOCK_LIMIT', limit: 'maxConnections', address: '127.0.0.1' }]);
  accepted.destroy();
  await accepted.closed;
  await until(() => listener.stats.open === 0, 'there is room');
  const second = await rawPeer({ port });
  const next = await waiting;
  expect(next.remote).toEqual({ host: '127.0.0.1', port: second.socket.localPort });
  next.destroy();
  for (const { socket } of [first, second]) socket.destroy();
});

test('addresses are counted each for itself', async () => {
  await using listener = admit(await listen('[::]:0'), { maxPerAddress: 1 });
  const target = { host: '127.0.0.1', port: (listener.endpoint as { port: number }).port };
  const sockets = [await connect(target, { localAddress: '127.0.0.5' }), await connect(target, { localAddress: '127.0.0.6' })];
  sockets.push(await listener.accept(), await listener.accept());
  expect(listener.stats).toMatchObject({ open: 2, addresses: 2 });
  const waiting = rejection(listener.accept({ timeout: '200ms' }));
  const third = await connect(target, { localAddress: '127.0.0.5' }).then(async ({ closed }) => (await closed).how, ({ code }: { code: string }) => code);
  expect(third).toMatch(/^(?:reset|ERR_SOCK_RESET)$/);
  expect(listener.stats.refused.maxPerAddress).toBe(1);
  expect((await waiting).code).toBe('ERR_SOCK_TIMEOUT');
  for (const socket of sockets) socket.destroy();
});
