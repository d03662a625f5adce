import { AsyncLocalStorage, AsyncResource } from 'node:async_hooks';
import { channel, subscribe, tracingChannel, unsubscribe } from 'node:diagnostics_channel';
import type { Socket } from '@sock/core';
import { memoryPair } from '@sock/core/memory';
import { observe } from '@sock/core/observer';
import { bytes, leakGuard, pattern, text } from '@sock/testkit';
import { expect, test } from 'vitest';
import { connect } from '../connect.ts';
import { listen } from '../listen.ts';
import { diagnosticsObserver } from './diagnostics-observer.ts';

// In which context (AsyncLocalStorage) the code of a program goes on after a socket.

leakGuard();

const store = new AsyncLocalStorage<string>();

async function tcpPair(): Promise<[Socket, Socket]> {
  const listener = await store.run('listening', async () => await listen('127.0.0.1:0'));
  const [client, server] = await store.run('dialling', async () => await Promise.all([connect(listener.endpoint), listener.accept()]));
  await listener.close();
  return [client, server];
}

const PAIRS = [['TCP', tcpPair], ['memory', async () => store.run('making', () => memoryPair({ receiveQueueBytes: '4KiB', sendQueueBytes: '4KiB' }))]] as const;

test.each(PAIRS)('over %s, what awaits a socket goes on in the context in which it called', async (_, pair) => {
  const [left, right] = await pair();
  const seen: (string | undefined)[] = [];
  const receiving = store.run('receiver', async () => {
    expect(text(await left.recv())).toBe('hello');
    seen.push(store.getStore());
    await left.recv().then(() => seen.push(store.getStore()));
    try {
      await left.recv({ timeout: 5 });
    } catch {
      seen.push(store.getStore());
    }
  });
  await store.run('sender', async () => await right.send(bytes('hello')));
  await new Promise((resolve) => setImmediate(resolve));
  await store.run('another sender', async () => await right.send(bytes('again')));
  await receiving;
  expect(seen).toEqual(['receiver', 'receiver', 'receiver']);
  left.destroy();
  right.destroy();
});

test.each(PAIRS)('over %s, so do a loop over its chunks, a send that waits for room, and closed', async (_, pair) => {
  const [left, right] = await pair();
  const seen = new Set<string | undefined>();
  const looping = store.run('loop', async () => {
    for await (const chunk of left) if (chunk.length > 0) seen.add(store.getStore());
    seen.add(store.getStore());
  });
  const sending = store.run('sender', async () => {
    await right.send(pattern(1_000_000));
    seen.add(store.getStore());
    await right.shutdown();
    seen.add(store.getStore());
  });
  const closing = store.run('closer', async () => {
    await right.closed;
    seen.add(store.getStore());
  });
  await Promise.all([looping, sending]);
  left.destroy();
  await closing;
  expect(seen).toEqual(new Set(['loop', 'sender', 'closer']));
});

test.each(PAIRS)('over %s, a readiness listener runs where the change came from, and where it was registered when it is bound', async (_, pair) => {
  const [left, right] = await pair();
  const plain = new Set<string | undefined>();
  const bound = new Set<string | undefined>();
  store.run('registered', () => {
    left.onReady(() => plain.add(store.getStore()));
    left.onReady(AsyncResource.bind(() => void bound.add(store.getStore())));
  });
  const readable = new Promise<void>((resolve) => void left.onReady(() => resolve()));
  await store.run('sender', async () => await right.send(bytes('hello')));
  await readable;
  expect(plain.has('registered')).toBe(false);
  expect(bound).toEqual(new Set(['registered']));
  left.destroy();
  right.destroy();
});

test.each(PAIRS)('over %s, subscribers run in the context of the caller, at the start and at the end', async (_, pair) => {
  const [left, right] = await pair();
  observe(left, diagnosticsObserver());
  const seen: string[] = [];
  const phases = ['start', 'end', 'asyncStart', 'asyncEnd'] as const;
  const names = phases.map((phase) => tracingChannel('sock:recv')[phase].name);
  const listener = (_message: unknown, name: string | symbol): void => void seen.push(`${String(name).split(':').at(-1)} ${store.getStore()}`);
  for (const name of names) subscribe(name, listener);
  const receiving = store.run('receiver', async () => await left.recv());
  await store.run('sender', async () => await right.send(bytes('hello')));
  await receiving;
  for (const name of names) unsubscribe(name, listener);
  expect(seen).toEqual(['start receiver', 'end receiver', 'asyncStart receiver', 'asyncEnd receiver']);
  expect(names.some((name) => channel(name).hasSubscribers)).toBe(false);
  left.destroy();
  right.destroy();
});
