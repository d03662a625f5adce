import { memoryPair } from '@sock/core/memory';
import { createAuthority } from '@sock/dev-certs';
import { connect, listen } from '@sock/io';
import { bytes, leakGuard, rejection, sniffingProxy, text, turns } from '@sock/testkit';
import { describe, expect, test } from 'vitest';
import { createClientContext } from '../context/client-context.ts';
import { createServerContext } from '../context/server-context.ts';
import { peekProtocol } from './peek-protocol.ts';

leakGuard();

const authority = createAuthority();
const issued = authority.issue({ names: ['localhost'] });
const clientContext = createClientContext({ ca: authority.ca });
const serverContext = createServerContext({ cert: issued.chain, key: issued.key });

describe('one port serves plain and TLS', () => {
  test.each([['as it comes', false], ['byte by byte', true]])('%s', async (_how, drip) => {
    const listener = await listen({ host: '127.0.0.1', port: 0 });
    const proxy = await sniffingProxy(listener.endpoint as { port: number }, { drip });
    const served = (async () => {
      const seen: string[] = [];
      for (let count = 0; count < 2; count += 1) {
        const accepted = await listener.accept();
        const protocol = await peekProtocol(accepted, { timeout: '5s' });
        const socket = protocol === 'tls' ? await accepted.upgrade(serverContext) : accepted;
        seen.push(`${protocol}: ${text(await socket.recvExactly(4))}`);
        await socket.close();
      }
      return seen;
    })();
    const plain = await connect({ host: '127.0.0.1', port: proxy.port });
    await plain.send(bytes('ping'));
    expect(await plain.recv()).toBeNull();
    await plain.close();
    const secure = await (await connect({ host: '127.0.0.1', port: proxy.port })).upgrade(clientContext, { serverName: 'localhost' });
    await secure.send(bytes('pong'));
    expect(await secure.recv()).toBeNull();
    await secure.close();
    expect(await served).toEqual(['plain: ping', 'tls: pong']);
    await proxy.close();
    await listener.close();
  });
});

describe('what comes first decides', () => {
  test.each([
    ['\x16\x03\x01', 'tls'],
    ['\x16\x03', 'tls'],
    ['\x16\x02', 'plain'],
    ['\x17\x03', 'plain'],
    ['G', 'plain'],
  ])('%j is %s, and every byte is still there', async (sent, protocol) => {
    const [left, right] = memoryPair();
    await left.send(Uint8Array.from(sent, (character) => character.charCodeAt(0)));
    expect(await peekProtocol(right)).toBe(protocol);
    await left.shutdown();
    expect(text(await right.recvExactly(sent.length))).toBe(sent);
    expect(await right.recv()).toBeNull();
    await Promise.all([left.close(), right.close()]);
  });

  test('the two bytes may come apart', async () => {
    const [left, right] = memoryPair();
    const peeking = peekProtocol(right);
    await left.send(Uint8Array.of(22));
    await turns(2);
    await left.send(Uint8Array.of(3, 1));
    expect(await peeking).toBe('tls');
    expect([...(await right.recvExactly(3))]).toEqual([22, 3, 1]);
    await Promise.all([left.close(), right.close()]);
  });
});

describe('a peer that leaves', () => {
  test('without a byte is told as the end', async () => {
    const [left, right] = memoryPair();
    await left.shutdown();
    expect(await peekProtocol(right)).toBe('end');
    await Promise.all([left.close(), right.close()]);
  });

  test('after the first byte of a handshake began none, and the byte is there', async () => {
    const [left, right] = memoryPair();
    await left.send(Uint8Array.of(22));
    await left.shutdown();
    expect(await peekProtocol(right)).toBe('plain');
    expect([...((await right.recv()) ?? [])]).toEqual([22]);
    expect(await right.recv()).toBeNull();
    await Promise.all([left.close(), right.close()]);
  });

  test('by a reset is an error', async () => {
    const [left, right] = memoryPair();
    const peeking = rejection(peekProtocol(right));
    left.destroy();
    expect(await peeking).toMatchObject({ code: 'ERR_SOCK_RESET' });
  });
});

describe('a cancel loses no byte', () => {
  test.each([['none', []], ['one of two', [22]]])('%s had come', async (_what, sent) => {
    const [left, right] = memoryPair();
    const controller = new AbortController();
    const peeking = rejection(peekProtocol(right, { signal: controller.signal }));
    if (sent.length > 0) await left.send(Uint8Array.from(sent));
    await turns(2);
    controller.abort();
    expect(await peeking).toMatchObject({ code: 'ERR_SOCK_ABORTED', phase: 'recv' });
    expect(await rejection(peekProtocol(right, { timeout: 20 }))).toMatchObject({ code: 'ERR_SOCK_TIMEOUT', category: 'timeout' });
    await left.send(Uint8Array.of(9, 9));
    expect([...(await right.recvExactly(sent.length + 2))]).toEqual([...sent, 9, 9]);
    await Promise.all([left.close(), right.close()]);
  });

  test('both waits together have one budget', async () => {
    const [left, right] = memoryPair();
    const startedAt = performance.now();
    const peeking = rejection(peekProtocol(right, { timeout: 150 }));
    await turns(50);
    await left.send(Uint8Array.of(22));
    expect(await peeking).toMatchObject({ code: 'ERR_SOCK_TIMEOUT' });
    expect(performance.now() - startedAt).toBeLessThan(1000);
    await Promise.all([left.close(), right.close()]);
  });
});
