import type { Socket } from '@sock/core';
import { ENDED } from '@sock/core';
import { assertSameBytes, bytes, openHandles, pattern, rejection, text } from '@sock/testkit';
import { describe, expect, test } from 'vitest';
import type { Kit } from './socket-pair.ts';
import { clog, readAll, ready } from './watch.ts';

/** What `close`, `destroy` and `closed` promise. */
export function closeRules(kit: Kit): void {
  const cap = kit.capabilities.inFlightBytes + 1024 * 1024;

  test('close is graceful: what was sent and not read yet arrives whole', async () => {
    const { a, b } = await kit.open();
    const big = pattern(3_000_000);
    const sending = a.send(big);
    const closing = a.close();
    assertSameBytes(await readAll(b), big);
    await Promise.all([sending, closing, b.close()]);
    expect((await a.closed).how).toBe('local');
    expect((await b.closed).how).toBe('end');
  });

  test('close waits for a shutdown that is under way as long as for its own', async () => {
    const { a, b } = await kit.open({ lingerTimeout: '10ms', sendQueueBytes: '16KiB', receiveQueueBytes: '16KiB' });
    const big = pattern(cap);
    const sending = a.send(big);
    const ending = a.shutdown();
    const closing = a.close();
    // Longer than the linger, which must not have begun.
    await new Promise((resolve) => setTimeout(resolve, 60));
    assertSameBytes(await readAll(b), big);
    await Promise.all([sending, ending, closing]);
  });

  test('close on both sides ends both cleanly', async () => {
    const { a, b } = await kit.open();
    await Promise.all([a.close(), b.close()]);
    expect((await a.closed).how).toMatch(/^(local|end)$/);
    expect((await b.closed).how).toMatch(/^(local|end)$/);
  });

  test('close after the peer has ended is an end, at once', async () => {
    const { a, b } = await kit.open();
    await b.shutdown();
    await ready(a, ENDED);
    await a.close();
    expect((await a.closed).how).toBe('end');
    expect((await b.closed).how).toBe('local');
  });

  test('close against a peer that never reads ends by closeTimeout, and tells so', async () => {
    const { a } = await kit.open({ sendQueueBytes: '16KiB', receiveQueueBytes: '16KiB', closeTimeout: '60ms' });
    clog(a, cap);
    const begun = performance.now();
    await a.close();
    expect(performance.now() - begun).toBeGreaterThanOrEqual(55);
    expect(await a.closed).toMatchObject({ how: 'timeout', cause: { code: 'ERR_SOCK_TIMEOUT', phase: 'close' } });
  });

  test('a timeout given to close replaces closeTimeout', async () => {
    const { a } = await kit.open({ sendQueueBytes: '16KiB', receiveQueueBytes: '16KiB', closeTimeout: '10m' });
    clog(a, cap);
    await a.close({ timeout: '20ms' });
    expect((await a.closed).how).toBe('timeout');
  });

  test('close whose signal fires destroys, resolves, and tells why', async () => {
    const { a } = await kit.open({ sendQueueBytes: '16KiB', receiveQueueBytes: '16KiB' });
    clog(a, cap);
    const controller = new AbortController();
    const closing = a.close({ signal: controller.signal });
    controller.abort();
    await closing;
    expect(await a.closed).toMatchObject({ how: 'error', cause: { code: 'ERR_SOCK_ABORTED' } });
  });

  test('close with a time-out that makes no sense closes all the same', async () => {
    const { a } = await kit.open();
    await a.close({ timeout: -1 });
    expect(await a.closed).toMatchObject({ how: 'error', cause: { code: 'ERR_SOCK_CONFIG' } });
  });

  test('close against a peer that never ends returns after lingerTimeout, without a fault', async () => {
    const { a, b } = await kit.open({ lingerTimeout: '50ms', closeTimeout: '10s' });
    await a.send(bytes('good bye'));
    const begun = performance.now();
    await a.close();
    const took = performance.now() - begun;
    expect(took).toBeGreaterThanOrEqual(45);
    expect(took).toBeLessThan(5000);
    expect(await a.closed).toEqual({ how: 'local' });
    expect(text(await b.recvExactly(8))).toBe('good bye');
  });

  test('what arrives while it closes is dropped and holds nobody up', async () => {
    const { a, b } = await kit.open({ receiveQueueBytes: '8KiB', sendQueueBytes: '8KiB' });
    const sending = b.sendAll(pattern(400_000));
    const closing = a.close();
    await sending;
    await b.shutdown();
    await closing;
    expect((await a.closed).how).toMatch(/^(local|end)$/);
    expect(await b.recv()).toBeNull();
  });

  test('a receive that waits fails with ERR_SOCK_CLOSED when its own socket is closed', async () => {
    const { a, b } = await kit.open();
    const waiting = a.recv();
    const closing = a.close();
    expect(await rejection(waiting)).toMatchObject({ code: 'ERR_SOCK_CLOSED', phase: 'recv' });
    expect((await rejection(a.recv())).code).toBe('ERR_SOCK_CLOSED');
    await Promise.all([closing, b.close()]);
  });

  test('close twice is one close', async () => {
    const { a, b } = await kit.open();
    const first = a.close();
    const second = a.close();
    await b.close();
    await Promise.all([first, second]);
    await a.close();
    expect(a.stats.closedAt).toBeGreaterThan(0);
  });

  test('destroy during a close cuts it short', async () => {
    const { a } = await kit.open({ sendQueueBytes: '16KiB', receiveQueueBytes: '16KiB', closeTimeout: '10m' });
    clog(a, cap);
    const closing = a.close();
    a.destroy();
    await closing;
    expect((await a.closed).how).toBe('local');
  });

  test('destroy is at once, also against a peer that reads nothing', async () => {
    const { a } = await kit.open({ sendQueueBytes: '16KiB', receiveQueueBytes: '16KiB' });
    clog(a, cap);
    const waiting = rejection(a.send(pattern(100_000)));
    a.destroy();
    expect((await waiting).code).toBe('ERR_SOCK_CLOSED');
    expect((await a.closed).how).toBe('local');
  });

  test('destroy twice, and close after destroy, change nothing', async () => {
    const { a } = await kit.open();
    a.destroy();
    a.destroy(new Error('too late'));
    await a.close();
    expect(await a.closed).toEqual({ how: 'local' });
  });

  test('destroy right after shutdown leaves no handle open', async () => {
    const { a } = await kit.open();
    const ending = a.shutdown();
    a.destroy();
    // Whether the end had left already is a matter of the medium.
    await ending.catch(() => {});
    await a.closed;
    const second = await kit.open();
    await second.a.shutdown();
    second.a.destroy();
    await second.a.closed;
    await ready(second.b, ENDED);
    expect(openHandles().get('ShutdownWrap')).toBeUndefined();
  });

  test('await using closes gracefully', async () => {
    const pair = await kit.open();
    const reading = readAll(pair.b).then(async (all) => {
      await pair.b.close();
      return all;
    });
    {
      await using socket: Socket = pair.a;
      await socket.send(bytes('last words'));
    }
    expect(text(await reading)).toBe('last words');
    expect((await pair.a.closed).how).toBe('local');
  });

  describe('closed never rejects', () => {
    test.each<{ way: string; run: (a: Socket, b: Socket) => unknown }>([
      { way: 'destroy with an error', run: (a) => a.destroy(new Error('x')) },
      { way: 'destroy with a value that is no error', run: (a) => a.destroy('x') },
      { way: 'the peer breaking off', run: (_, b) => b.destroy() },
      { way: 'the peer breaking off during a send', run: (a, b) => [a.send(pattern(400_000)).catch(() => {}), b.destroy()] },
      { way: 'both breaking off', run: (a, b) => [a.destroy(), b.destroy()] },
    ])('$way', async ({ run }) => {
      const { a, b } = await kit.open({ lingerTimeout: 0 });
      run(a, b);
      await a.close();
      expect(['end', 'reset', 'local', 'error']).toContain((await a.closed).how);
    });
  });
}
