import { channel, hasSubscribers, subscribe, unsubscribe } from 'node:diagnostics_channel';
import type { Socket } from '@sock/core';
import { upgradeListener } from '@sock/core';
import type { AcceptObservation, ConnectObservation, TransferObservation } from '@sock/core/observer';
import { bytes, leakGuard, rejection, text, turns } from '@sock/testkit';
import { afterEach, expect, test } from 'vitest';
import { connect } from '../connect.ts';
import { tcp } from '../connectors.ts';
import { listen } from '../listen.ts';
import type { ObserverQuestion } from '../program-observer.ts';
import { OBSERVERS } from '../program-observer.ts';
import { publishDiagnostics } from './publish-diagnostics.ts';

leakGuard();

const undo: (() => void)[] = [];
afterEach(() => {
  for (const each of undo.splice(0)) each();
});

function heard<M>(name: string): M[] {
  const messages: M[] = [];
  const listener = (message: unknown): void => void messages.push(message as M);
  subscribe(name, listener);
  undo.push(() => unsubscribe(name, listener));
  return messages;
}

async function pair(dial: (endpoint: { host: string; port: number }) => Promise<Socket>): Promise<[Socket, Socket]> {
  const listener = await listen('127.0.0.1:0');
  const [client, server] = await Promise.all([dial(listener.endpoint as { host: string; port: number }), listener.accept()]);
  await listener.close();
  return [client, server];
}

const ended = 'tracing:sock:connect:asyncEnd';

test('connect, tcp() and listen are published for the whole program while it is switched on', async () => {
  const dials = heard<ConnectObservation>(ended);
  const accepts = heard<AcceptObservation>('tracing:sock:accept:end');
  const sends = heard<TransferObservation>('tracing:sock:send:end');
  const stop = publishDiagnostics();
  undo.push(stop);
  const pairs = [await pair(connect), await pair(tcp().connect)];
  expect(dials.map(({ socket }) => socket)).toEqual(pairs.map(([client]) => client));
  expect(accepts.map(({ socket }) => socket)).toEqual(pairs.map(([, server]) => server));
  expect(accepts[0]).toMatchObject({ endpoint: pairs[0]?.[0].local, listener: pairs[0]?.[0].remote });
  for (const [client, server] of pairs) {
    await client.send(bytes('hello'));
    expect(text(await server.recvExactly(5))).toBe('hello');
    await server.send(bytes('ok'));
  }
  expect(sends.map((message) => message.bytes)).toEqual([5, 2, 5, 2]);
  stop();
  const [client, server] = await pair(connect);
  await client.send(bytes('unseen'));
  expect([dials.length, accepts.length, sends.length]).toEqual([2, 2, 4]);
  for (const socket of [...pairs.flat(), client, server]) socket.destroy();
});

test('a dial that fails is published with its code', async () => {
  const dials = heard<ConnectObservation>(ended);
  undo.push(publishDiagnostics());
  const listener = await listen('127.0.0.1:0');
  await listener.close();
  await rejection(connect(listener.endpoint));
  expect(dials).toMatchObject([{ code: 'ERR_SOCK_REFUSED', endpoint: listener.endpoint }]);
});

test('without the switch nothing is asked and nothing is published, however many subscribe', async () => {
  const dials = heard<ConnectObservation>(ended);
  expect(hasSubscribers(OBSERVERS)).toBe(false);
  for (const socket of await pair(connect)) socket.destroy();
  expect(dials).toEqual([]);
});

test('a socket gets no observer while nobody listens to sockets', async () => {
  undo.push(publishDiagnostics(), publishDiagnostics());
  const dials = heard<ConnectObservation>(ended);
  const [early, other] = await pair(connect);
  expect(dials).toHaveLength(1);
  const sends = heard<TransferObservation>('tracing:sock:send:end');
  await early.send(bytes('left as it was'));
  const [later, another] = await pair(connect);
  await later.send(bytes('seen'));
  expect(sends).toMatchObject([{ socket: later, bytes: 4 }]);
  for (const socket of [early, other, later, another]) socket.destroy();
});

test('the sockets of another installed copy are not touched', () => {
  undo.push(publishDiagnostics());
  const question: ObserverQuestion = { Socket: Object, answer: undefined };
  const told = heard<ObserverQuestion>(OBSERVERS);
  expect(told).toEqual([]);
  expect(hasSubscribers(OBSERVERS)).toBe(true);
  channel(OBSERVERS).publish(question);
  expect(question.answer).toBe(undefined);
});

test('upgrades of accepted connections are handshakes, also those that fail', async () => {
  const handshakes = heard<{ layer: string; code: string | undefined }>('tracing:sock:handshake:asyncEnd');
  const closes = heard<{ code: string | undefined }>('tracing:sock:close:end');
  undo.push(publishDiagnostics());
  const refuses = { name: 'doorman', key: () => '', upgrade: async (socket: Socket) => {
    await socket.recv();
    throw Object.assign(new Error('no'), { code: 'ERR_NO' });
  } };
  const listener = upgradeListener(await listen('127.0.0.1:0'), refuses);
  const client = await connect(listener.endpoint);
  await client.send(bytes('let me in'));
  await client.closed;
  await turns(2);
  expect(handshakes).toMatchObject([{ layer: 'doorman', code: 'ERR_NO' }]);
  expect(closes.map(({ code }) => String(code)).toSorted((a, b) => a.localeCompare(b))).toEqual(['ERR_NO', 'ERR_SOCK_RESET']);
  await listener.close();
});
