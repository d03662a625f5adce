import type { Detached, Upgrade } from '@sock/core';
import { ENDED, HANGUP, READABLE, Socket, WRITABLE } from '@sock/core';
import { assertSameBytes, bytes, pattern, rejection, text, turns } from '@sock/testkit';
import { describe, expect, test } from 'vitest';
import { RECEIVES } from './receive-rules.ts';
import type { Kit } from './socket-pair.ts';
import { fillUp, ready, thrownCode } from './watch.ts';

/** A layer that changes nothing, so that what the socket does is seen alone. */
const THROUGH: Upgrade<unknown> = {
  name: 'through',
  key: () => '',
  upgrade: async (socket, _target, options) => {
    const { transport, unread, limits }: Detached = await socket.detach(options);
    return new Socket(transport, { ...limits, unread });
  },
};

const failing = (afterDetach: boolean): Upgrade<unknown> => ({
  name: 'failing',
  key: () => '',
  upgrade: async (socket) => {
    if (afterDetach) await socket.detach();
    throw new Error('the layer failed');
  },
});

/** What an upgrade does to the socket that it was put on. */
export function detachRules(kit: Kit): void {
  test('the old socket refuses every call with ERR_SOCK_DETACHED, and none of them hurts the new one', async () => {
    const { a, b } = await kit.open();
    const above = kit.adopt(await a.upgrade(THROUGH));
    for (const call of [
      a.send(bytes('x')), a.send(pattern(100_000)), a.sendAll(bytes('x')), a.flush(), a.shutdown(), a.upgrade(THROUGH), a.detach(),
      ...RECEIVES.map(({ call }) => call(a)),
    ]) {
      expect(await rejection(call)).toMatchObject({ code: 'ERR_SOCK_DETACHED', category: 'usage' });
    }
    expect(thrownCode(() => a.trySend(bytes('x')))).toBe('ERR_SOCK_DETACHED');
    expect(thrownCode(() => a.tryRecv(new Uint8Array(1)))).toBe('ERR_SOCK_DETACHED');
    expect(a.ready).toBe(HANGUP);
    expect(a.want).toBe('none');
    await a.close();
    a.destroy();
    await above.send(bytes('alive'));
    expect(text(await b.recvExactly(5))).toBe('alive');
  });

  test('the old socket still tells when the connection ends', async () => {
    const { a, b } = await kit.open();
    const above = kit.adopt(await a.upgrade(THROUGH));
    await Promise.all([above.close(), b.close()]);
    expect(['local', 'end']).toContain((await a.closed).how);
  });

  test('bytes that were received and not read come first on the new socket', async () => {
    const { a, b } = await kit.open();
    await b.send(bytes('one,two,'));
    await ready(a, READABLE);
    expect(text(await a.recvExactly(4))).toBe('one,');
    const above = kit.adopt(await a.upgrade(THROUGH));
    await b.send(bytes('three'));
    expect(text(await above.recvExactly(9))).toBe('two,three');
  });

  test('what was sent before is written before the layer gets the transport', async () => {
    const { a, b } = await kit.open();
    const plain = pattern(200_000);
    const sent = a.send(plain);
    const upgrading = a.upgrade(THROUGH);
    const got = await b.recvExactly(plain.length);
    await sent;
    const above = kit.adopt(await upgrading);
    await above.send(bytes('after'));
    assertSameBytes(got, plain);
    expect(text(await b.recvExactly(5))).toBe('after');
  });

  test('an upgrade while a receive waits is refused, and the connection stays as it was', async () => {
    const { a, b } = await kit.open();
    const waiting = a.recv();
    expect((await rejection(a.upgrade(THROUGH))).code).toBe('ERR_SOCK_BUSY');
    await b.send(bytes('fine'));
    expect(text(await waiting)).toBe('fine');
    expect(a.ready & WRITABLE).toBe(WRITABLE);
  });

  test('an upgrade after this side has ended is refused', async () => {
    const { a, b } = await kit.open();
    await a.shutdown();
    expect((await rejection(a.upgrade(THROUGH))).code).toBe('ERR_SOCK_CLOSED');
    await b.send(bytes('still'));
    expect(text(await a.recvExactly(5))).toBe('still');
  });

  describe.each([{ when: 'before', afterDetach: false }, { when: 'after', afterDetach: true }])('an upgrade that fails $when it took the transport', ({ afterDetach }) => {
    test('ends the connection, and nothing that is sent then reaches the peer', async () => {
      const { a, b } = await kit.open();
      expect((await rejection(a.upgrade(failing(afterDetach)))).message).toBe('the layer failed');
      expect(['error', 'local']).toContain((await a.closed).how);
      expect(thrownCode(() => a.trySend(bytes('secret')))).toMatch(/^ERR_SOCK_(DETACHED|CLOSED)$/);
      expect((await rejection(a.send(bytes('secret')))).code).toMatch(/^ERR_SOCK_(DETACHED|CLOSED)$/);
      await turns(3);
      // A reset or an end, by the medium; in no case a byte.
      const seen = await b.recv().catch(() => null);
      expect(seen).toBeNull();
      expect(b.stats.bytesReceived).toBe(0);
    });
  });

  test('a detach whose flush runs out of time destroys the connection, too', async () => {
    const { a } = await kit.open({ sendQueueBytes: '16KiB', receiveQueueBytes: '16KiB' });
    await fillUp(a, kit.capabilities.inFlightBytes + 1024 * 1024);
    expect(await rejection(a.detach({ timeout: 20 }))).toMatchObject({ code: 'ERR_SOCK_TIMEOUT', phase: 'upgrade' });
    expect((await a.closed).how).toBe('timeout');
  });

  test('an upgrade whose flush runs out of time destroys the connection', async () => {
    const { a } = await kit.open({ sendQueueBytes: '16KiB', receiveQueueBytes: '16KiB' });
    await fillUp(a, kit.capabilities.inFlightBytes + 1024 * 1024);
    expect(await rejection(a.upgrade(THROUGH, undefined, { timeout: 20 }))).toMatchObject({ code: 'ERR_SOCK_TIMEOUT', phase: 'upgrade' });
    expect((await a.closed).how).toBe('timeout');
  });

  test('the old socket tells its watchers that it is over', async () => {
    const { a } = await kit.open();
    const seen: number[] = [];
    a.onReady((mask) => seen.push(mask));
    kit.adopt(await a.upgrade(THROUGH));
    expect(seen.at(-1)).toBe(HANGUP);
  });

  test.each(['destroy', 'close'] as const)('%s during an upgrade ends the connection and the upgrade', async (how) => {
    const { a, b } = await kit.open();
    const stuck: Upgrade<unknown> = {
      name: 'stuck',
      key: () => '',
      upgrade: async (socket) => {
        const { transport } = await socket.detach();
        await transport.closed;
        throw new Error('the connection went away');
      },
    };
    const upgrading = rejection(a.upgrade(stuck));
    await turns(1);
    if (how === 'close') await a.close();
    else a.destroy(new Error('enough'));
    expect((await upgrading).message).toBe('the connection went away');
    expect((await a.closed).how).toBe('error');
    await ready(b, ENDED | HANGUP);
  });

  test('bytes that were put back go to the layer first', async () => {
    const { a, b } = await kit.open();
    await b.send(bytes('STARTTLS\r\nhello'));
    const line = await a.recvExactly(15);
    a.unread(line.subarray(10));
    expect(a.ready & READABLE).toBe(READABLE);
    const above = kit.adopt(await a.upgrade(THROUGH));
    expect(text(await above.recvExactly(5))).toBe('hello');
  });
}
