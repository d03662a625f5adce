import { leakGuard, rejection } from '@sock/testkit';
import { expect, test, vi } from 'vitest';
import type { Cancel, Connector, Upgrade } from './connector.ts';
import { SocketError } from './errors.ts';
import { memoryPair } from './memory.ts';
import { Socket } from './socket.ts';
import { upgradeConnector } from './upgrade-connector.ts';

leakGuard();

interface Target {
  readonly host: string;
  readonly trust: string;
}

const target: Target = { host: 'h', trust: 't' };

function dialling(delayMs = 0): { connector: Connector<Target>; dialled: Socket[]; peers: Socket[]; cancels: (Cancel | undefined)[] } {
  const dialled: Socket[] = [];
  const peers: Socket[] = [];
  const cancels: (Cancel | undefined)[] = [];
  const connector: Connector<Target> = {
    key: ({ host }) => `memory ${host}`,
    connect: async (_, cancel) => {
      cancels.push(cancel);
      if (delayMs > 0) await new Promise((resolve) => setTimeout(resolve, delayMs));
      const [a, b] = memoryPair();
      dialled.push(a);
      peers.push(b);
      return a;
    },
  };
  return { connector, dialled, peers, cancels };
}

function layer(upgrade: Upgrade<Target>['upgrade']): Upgrade<Target> {
  return { name: 'layer', key: ({ trust }) => trust, upgrade };
}

const through = layer(async (socket) => {
  const { transport, unread } = await socket.detach();
  return new Socket(transport, { unread });
});

test('dials, puts the layer on, and hands out the socket above it', async () => {
  const { connector, dialled, peers } = dialling();
  const seen = vi.fn<Upgrade<Target>['upgrade']>(through.upgrade);
  const socket = await upgradeConnector(connector, layer(seen)).connect(target);
  expect(seen).toHaveBeenCalledWith(dialled[0], target, expect.anything());
  expect(socket).not.toBe(dialled[0]);
  socket.destroy();
  expect((await (peers[0] as Socket).closed).how).toBe('reset');
});

test('keys are joined: what differs in either layer is another key', () => {
  const { connector } = dialling();
  const { key } = upgradeConnector(connector, through);
  expect(key(target)).toBe('memory h layer(t)');
  const keys = [target, { host: 'other', trust: 't' }, { host: 'h', trust: 'other' }].map((one) => key(one));
  expect(new Set(keys).size).toBe(3);
});

test('one time-out covers both: what the dial used up is missing for the layer', async () => {
  const { connector, cancels } = dialling(60);
  let left = Infinity;
  const slow = layer(async (socket, _, cancel) => {
    left = cancel?.timeout as number;
    return await through.upgrade(socket, target);
  });
  const socket = await upgradeConnector(connector, slow).connect(target, { timeout: '10s' });
  expect(cancels[0]?.timeout as number).toBeGreaterThan(9900);
  expect(left).toBeLessThanOrEqual(9945);
  expect(left).toBeGreaterThan(5000);
  socket.destroy();
});

test('a layer that fails ends the connection, and its error is passed on', async () => {
  const { connector, peers } = dialling();
  const failure = new SocketError('ERR_SOCK_TIMEOUT', 'too slow', { phase: 'handshake', category: 'timeout' });
  const failing = layer(async () => await Promise.reject(failure));
  expect(await rejection(upgradeConnector(connector, failing).connect(target))).toBe(failure);
  expect((await (peers[0] as Socket).closed).how).toBe('reset');
});

test('a dial that fails is passed on, and the layer never runs', async () => {
  const failure = new Error('no route');
  const run = vi.fn<Upgrade<Target>['upgrade']>(through.upgrade);
  const connector: Connector<Target> = { key: () => '', connect: async () => await Promise.reject(failure) };
  expect(await rejection(upgradeConnector(connector, layer(run)).connect(target))).toBe(failure);
  expect(run).not.toHaveBeenCalled();
});
