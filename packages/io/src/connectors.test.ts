import { fullBacklog, leakGuard, rejection } from '@sock/testkit';
import { expect, test } from 'vitest';
import { tcp, unix } from './connectors.ts';
import { listen } from './listen.ts';

leakGuard();

test('tcp() dials endpoints and their text, and refuses what is no TCP address', async () => {
  await using listener = await listen('127.0.0.1:0');
  const { port } = listener.endpoint as { port: number };
  const connector = tcp();
  for (const target of [{ host: '127.0.0.1', port }, `127.0.0.1:${port}`]) {
    (await connector.connect(target)).destroy();
    (await listener.accept()).destroy();
  }
  const error = await rejection(connector.connect('unix:/x'));
  expect(error).toMatchObject({ code: 'ERR_SOCK_ENDPOINT', category: 'usage' });
  expect(error.message).toContain('it dials { host, port }');
});

test('unix() dials paths and abstract names, and refuses what is neither', async () => {
  await using listener = await listen('unix:@sock-connector');
  (await unix().connect('unix:@sock-connector')).destroy();
  (await listener.accept()).destroy();
  expect((await rejection(unix().connect('127.0.0.1:80'))).code).toBe('ERR_SOCK_ENDPOINT');
});

test('keys are the same for the same address however it is written, and different for all else', () => {
  const connector = tcp();
  expect(connector.key('EXAMPLE.com:80')).toBe(connector.key({ host: 'example.com', port: 80 }));
  const keys = [
    connector.key('a:1'), connector.key('a:2'), connector.key('b:1'), connector.key('[::1]:1'), tcp({ localAddress: '127.0.0.2' }).key('a:1'),
    unix().key('unix:/a'), unix().key('unix:@a'), unix().key({ path: '@a' }),
  ];
  expect(new Set(keys).size).toBe(keys.length);
});

test('options are checked when the connector is made, and the message says where', () => {
  expect(() => tcp({ connectTimeout: 0 })).toThrow(/tcp\(\)/);
  expect(() => unix({ sendQueueBytes: 1 })).toThrow(/unix\(\)/);
});

test('options go to each dial, and so do signal and time-out', async () => {
  await using silent = await fullBacklog();
  const target = { host: '127.0.0.1', port: silent.port };
  expect(await rejection(tcp({ connectTimeout: '20ms' }).connect(target))).toMatchObject({ code: 'ERR_SOCK_TIMEOUT', phase: 'connect' });
  expect((await rejection(tcp().connect(target, { timeout: 20 }))).code).toBe('ERR_SOCK_TIMEOUT');
  expect((await rejection(tcp().connect(target, { signal: AbortSignal.abort() }))).code).toBe('ERR_SOCK_ABORTED');
});
