import { tracingChannel } from 'node:diagnostics_channel';
import type { TracingChannelSubscribers } from 'node:diagnostics_channel';
import { AsyncLocalStorage } from 'node:async_hooks';
import { memoryPair } from '@sock/core/memory';
import { observe, observed } from '@sock/core/observer';
import type { Observation } from '@sock/core/observer';
import { bytes, leakGuard, pattern, rejection, turns } from '@sock/testkit';
import { afterEach, expect, test } from 'vitest';
import { tcp } from '../connectors.ts';
import { listen } from '../listen.ts';
import type { SocketChannel } from './diagnostics-observer.ts';
import { diagnosticsObserver } from './diagnostics-observer.ts';

leakGuard();

const undo: (() => void)[] = [];
afterEach(() => {
  for (const each of undo.splice(0)) each();
});

/** Notes every message of a channel as `start`, `end` …, with its object. */
function recording(name: SocketChannel): { phases: string[]; messages: Observation[] } {
  const phases: string[] = [];
  const messages: Observation[] = [];
  const note = (phase: string) => (message: Observation): void => {
    phases.push(phase);
    messages.push(message);
  };
  const subscribers = { start: note('start'), end: note('end'), asyncStart: note('asyncStart'), asyncEnd: note('asyncEnd'), error: note('error') } as unknown as TracingChannelSubscribers<Observation>;
  const channel = tracingChannel<unknown, Observation>(name);
  channel.subscribe(subscribers);
  undo.push(() => channel.unsubscribe(subscribers));
  return { phases, messages };
}

const WAITED = ['start', 'end', 'asyncStart', 'asyncEnd'];

test('a dial over TCP is published with endpoint, duration and socket, in one object', async () => {
  await using listener = await listen('127.0.0.1:0');
  const { phases, messages } = recording('sock:connect');
  const socket = await observed(tcp(), diagnosticsObserver()).connect(listener.endpoint);
  expect(phases).toEqual(WAITED);
  expect(new Set(messages).size).toBe(1);
  expect(messages[0]).toMatchObject({ endpoint: listener.endpoint, target: listener.endpoint, socket, code: undefined, durationMs: expect.any(Number) });
  socket.destroy();
});

test('a dial that fails is published with its error and code', async () => {
  const listener = await listen('127.0.0.1:0');
  await listener.close();
  const { phases, messages } = recording('sock:connect');
  const error = await rejection(observed(tcp(), diagnosticsObserver()).connect(listener.endpoint));
  expect(phases).toEqual(['start', 'end', 'error', 'asyncStart', 'asyncEnd']);
  expect(messages[0]).toMatchObject({ error, code: 'ERR_SOCK_REFUSED', socket: undefined });
});

test('sends, receives and the close are published with their bytes: those that need not wait have start and end alone', async () => {
  const [sends, receives, closes] = [recording('sock:send'), recording('sock:recv'), recording('sock:close')];
  const [left, right] = memoryPair();
  observe(left, diagnosticsObserver());
  observe(right, diagnosticsObserver());
  await left.send(bytes('hello'));
  expect(sends.phases.splice(0)).toEqual(['start', 'end']);
  expect(sends.messages[0]).toMatchObject({ bytes: 5, waited: false, socket: left, endpoint: { memory: 'pair-b' } });
  await left.send(pattern(50_000));
  expect(sends.phases).toEqual(WAITED);
  expect(sends.messages.at(-1)).toMatchObject({ bytes: 50_000, waited: true });
  await right.recvExactly(50_005);
  expect(receives.phases).toEqual(WAITED);
  expect(receives.messages[0]).toMatchObject({ bytes: 50_005 });
  left.destroy();
  await right.closed;
  await turns(1);
  expect(closes.messages.map(({ code }) => code)).toEqual([undefined, undefined, 'ERR_SOCK_RESET', 'ERR_SOCK_RESET', 'ERR_SOCK_RESET']);
  expect(closes.phases).toEqual(['start', 'end', 'start', 'error', 'end']);
  expect(closes.messages.at(-1)).toMatchObject({ socket: right, bytesReceived: 50_005, reason: { how: 'reset' } });
});

test('a subscriber of one phase alone is enough, and without any nothing is made', async () => {
  const [left] = memoryPair();
  observe(left, diagnosticsObserver());
  await left.send(bytes('nobody hears'));
  const heard: unknown[] = [];
  const listener = (message: unknown): void => void heard.push(message);
  const { end } = tracingChannel('sock:send');
  end.subscribe(listener);
  undo.push(() => end.unsubscribe(listener));
  await left.send(bytes('one'));
  expect(heard).toMatchObject([{ bytes: 3 }]);
  left.destroy();
});

test('a store that is bound to a channel holds during the operation', async () => {
  const span = new AsyncLocalStorage<string>();
  const { start } = tracingChannel('sock:connect');
  start.bindStore(span, () => 'span of the dial');
  undo.push(() => start.unbindStore(span));
  let within: string | undefined;
  const dial = observed<string>({ key: () => '', connect: async () => {
    within = span.getStore();
    return memoryPair()[0];
  } }, diagnosticsObserver());
  (await dial.connect('x:1')).destroy();
  expect([within, span.getStore()]).toEqual(['span of the dial', undefined]);
});
