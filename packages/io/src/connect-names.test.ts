import { getEventListeners } from 'node:events';
import { fullBacklog, leakGuard, rejection, turns } from '@sock/testkit';
import { describe, expect, test } from 'vitest';
import { connect } from './connect.ts';
import { listen } from './listen.ts';

leakGuard();

const unfindable = (code: string): Error => Object.assign(new Error(`getaddrinfo ${code}`), { code });

describe('a name that does not resolve is ERR_SOCK_NAME, in the phase dns', () => {
  test.each<{ how: string; lookup: () => Promise<readonly string[]>; retryable: boolean; words: RegExp }>([
    { how: 'not found', lookup: async () => await Promise.reject(unfindable('ENOTFOUND')), retryable: false, words: /check the spelling/ },
    { how: 'no answer', lookup: async () => await Promise.reject(unfindable('EAI_AGAIN')), retryable: true, words: /try again/ },
    { how: 'no address', lookup: async () => [], retryable: false, words: /gave no address/ },
    { how: 'an error of its own', lookup: async () => await Promise.reject(new Error('registry is down')), retryable: false, words: /registry is down/ },
    { how: 'a throw', lookup: () => { throw new Error('thrown at once'); }, retryable: false, words: /thrown at once/ },
    { how: 'another name', lookup: async () => ['other.name'], retryable: false, words: /"other.name", which is no IP address/ },
    { how: 'a hole in the list, which Node takes for this machine', lookup: async () => [undefined as unknown as string], retryable: false, words: /"undefined", which is no IP address/ },
    { how: 'no list', lookup: async () => undefined as unknown as string[], retryable: false, words: /does not resolve/ },
  ])('$how', async ({ lookup, retryable, words }) => {
    const error = await rejection(connect('some.name:80', { lookup }));
    expect(error).toMatchObject({ code: 'ERR_SOCK_NAME', phase: 'dns', category: 'name', retryable, endpoint: { host: 'some.name', port: 80 } });
    expect(error.message).toMatch(words);
  });

  // A name that no resolver accepts, so that nothing leaves this machine.
  test('by the system\'s resolver, too', async () => {
    expect(await rejection(connect('a..b:80'))).toMatchObject({ code: 'ERR_SOCK_NAME', phase: 'dns', category: 'name' });
  });
});

test('an address literal is not looked up', async () => {
  let asked = 0;
  await using listener = await listen('127.0.0.1:0');
  const socket = await connect(listener.endpoint, {
    lookup: async () => {
      asked += 1;
      return ['127.0.0.1'];
    },
  });
  expect(asked).toBe(0);
  socket.destroy();
  (await listener.accept()).destroy();
});

test('localhost resolves by the system', async () => {
  await using listener = await listen('127.0.0.1:0');
  const { port } = listener.endpoint as { port: number };
  const socket = await connect({ host: 'localhost', port });
  expect(socket.remote).toEqual({ host: '127.0.0.1', port });
  (await listener.accept()).destroy();
  socket.destroy();
});

test('when the first address fails the next is tried at once', async () => {
  // Only 127.0.0.3 listens on that port.
  await using listener = await listen('127.0.0.3:0');
  const { port } = listener.endpoint as { port: number };
  const begun = performance.now();
  const socket = await connect({ host: 'some.name', port }, { lookup: async () => ['127.0.0.1', '127.0.0.2', '127.0.0.3', '127.0.0.4'] });
  expect(performance.now() - begun).toBeLessThan(200);
  expect(socket.remote).toEqual({ host: '127.0.0.3', port });
  socket.destroy();
  (await listener.accept()).destroy();
});

test('when every address fails the error lists each of them, and keeps each error', async () => {
  let port: number;
  {
    await using listener = await listen('127.0.0.1:0');
    ({ port } = listener.endpoint as { port: number });
  }
  const error = await rejection<Error & { cause: AggregateError }>(connect({ host: 'some.name', port }, { lookup: async () => ['127.0.0.1', '::1', '127.0.0.2'] }));
  expect(error).toMatchObject({ code: 'ERR_SOCK_REFUSED', phase: 'connect', endpoint: { host: 'some.name', port } });
  expect(error.message).toMatch(/tried 127\.0\.0\.1: ERR_SOCK_REFUSED, ::1: ERR_SOCK_\w+, 127\.0\.0\.2: ERR_SOCK_REFUSED$/);
  expect(error.cause.errors).toHaveLength(3);
  expect(error.cause.errors[0]).toMatchObject({ code: 'ERR_SOCK_REFUSED', cause: { code: 'ECONNREFUSED', address: '127.0.0.1' } });
});

test('the name that was dialled is the target of an upgrade that is given none', async () => {
  await using listener = await listen('127.0.0.1:0');
  const { port } = listener.endpoint as { port: number };
  const socket = await connect({ host: 'some.name', port }, { lookup: async () => ['127.0.0.1'] });
  const targets: unknown[] = [];
  const seeing = { name: 'seeing', key: () => '', upgrade: async (_: unknown, target: unknown) => await Promise.reject(new Error(`asked for ${targets.push(target)}`)) };
  await rejection(socket.upgrade(seeing));
  expect(targets).toEqual([{ host: 'some.name', port }]);
  (await listener.accept()).destroy();
});

describe('a look-up that takes its time', () => {
  test('ends by dnsTimeout, in the phase dns; its late answer is dropped', async () => {
    let answer: (addresses: string[]) => void = () => {};
    const late = new Promise<string[]>((resolve) => (answer = resolve));
    await using listener = await listen('127.0.0.1:0');
    const { port } = listener.endpoint as { port: number };
    const error = await rejection(connect({ host: 'some.name', port }, { lookup: () => late, dnsTimeout: '20ms' }));
    expect(error).toMatchObject({ code: 'ERR_SOCK_TIMEOUT', phase: 'dns', category: 'timeout' });
    answer(['127.0.0.1']);
    await turns(5);
    expect(listener.stats).toMatchObject({ accepted: 0, waiting: 0 });
  });

  test('ends by a signal; its late failure disturbs nobody', async () => {
    let fail: (error: Error) => void = () => {};
    const late = new Promise<string[]>((_, reject) => (fail = reject));
    const controller = new AbortController();
    const waiting = rejection(connect('some.name:80', { lookup: () => late, signal: controller.signal, timeout: '1m' }));
    await turns(1);
    controller.abort();
    expect(await waiting).toMatchObject({ code: 'ERR_SOCK_ABORTED', phase: 'dns' });
    expect(getEventListeners(controller.signal, 'abort')).toHaveLength(0);
    fail(new Error('too late'));
    await turns(2);
  });

  test('uses up the budget of the connect behind it', async () => {
    await using silent = await fullBacklog();
    const begun = performance.now();
    const error = await rejection(
      connect({ host: 'some.name', port: silent.port }, {
        timeout: '300ms',
        lookup: async () => await new Promise((resolve) => setTimeout(resolve, 200, ['127.0.0.1'])),
      }),
    );
    expect(error).toMatchObject({ code: 'ERR_SOCK_TIMEOUT', phase: 'connect' });
    expect(performance.now() - begun).toBeLessThan(450);
  });
});
