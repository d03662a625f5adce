import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Completion, Operations, Submitted } from '@sock/async';
import { createOperations } from '@sock/async';
import type { Connector, Listener, Socket } from '@sock/core';
import { upgradeConnector, upgradeListener } from '@sock/core';
import { createAuthority } from '@sock/dev-certs';
import { listen, tcp } from '@sock/io';
import { sendfile } from '@sock/io/files';
import { assertSameBytes, concatBytes, leakGuard, pattern, rawServer, turns, until } from '@sock/testkit';
import { createClientContext, createServerContext, TLS_INFO } from '@sock/tls-context';
import fc from 'fast-check';
import { describe, expect, onTestFinished, test } from 'vitest';

leakGuard();

const authority = createAuthority();
const served = authority.issue({ names: ['localhost'] });
const client = createClientContext({ ca: authority.ca, serverName: 'localhost' });
const server = createServerContext({ cert: served.chain, key: served.key });

interface Carrier extends AsyncDisposable { readonly dial: Connector; readonly listener: Listener }

async function carry(by: 'TCP' | 'TLS'): Promise<Carrier> {
  const plain = await listen('127.0.0.1:0');
  const listener = by === 'TCP' ? plain : upgradeListener(plain, server);
  return { listener, dial: by === 'TCP' ? tcp() : upgradeConnector(tcp(), client), [Symbol.asyncDispose]: () => listener.close() };
}

async function pair(operations: Operations, { dial, listener }: Pick<Carrier, 'dial' | 'listener'>): Promise<[Socket, Socket]> {
  const connected = operations.submit({ op: 'connect', connector: dial, target: listener.endpoint });
  return await Promise.all([connected.value, operations.submit({ op: 'accept', listener }).value]);
}

describe.each(['TCP', 'TLS'] as const)('over %s', (by) => {
  test('a hundred connections are dialled, accepted, asked and answered by operations alone', async () => {
    await using carrier = await carry(by);
    const operations = createOperations({ defaultTimeout: '20s', maxInFlight: 128 });
    const answers = await Promise.all(Array.from({ length: 100 }, async (_, index) => {
      const [left, right] = await pair(operations, carrier);
      const asked = operations.submit({ op: 'send', socket: left, bytes: pattern(1000, index) });
      const heard = operations.submit({ op: 'recvExactly', socket: right, length: 1000 });
      const answer = await heard.value;
      operations.submit({ op: 'sendv', socket: right, chunks: [answer.subarray(500), answer.subarray(0, 500)] }, { after: asked });
      const echoed = await operations.submit({ op: 'recvExactly', socket: left, length: 1000 }).value;
      left.destroy();
      right.destroy();
      return echoed.length;
    }));
    expect(answers).toEqual(answers.map(() => 1000));
    await operations.close();
    expect(operations.stats).toMatchObject({ inFlight: 0, waiting: 0, callbackErrors: 0, kinds: { connect: { ok: 100 }, accept: { ok: 100 }, recvExactly: { ok: 200, bytes: 200_000 } } });
  });

  test('a peer that does not read: the send expires in the middle, alone, and is continued where it stood', async () => {
    await using carrier = await carry(by);
    const operations = createOperations();
    const [left, right] = await pair(operations, carrier);
    const bytes = pattern(30_000_000);
    const told: number[] = [];
    const send = operations.submit({ op: 'send', socket: left, bytes }, { timeout: 300, onProgress: (count) => told.push(count) });
    const behind = operations.submit({ op: 'send', socket: left, bytes: pattern(7, 7) });
    const { outcome, bytes: moved, partial } = await send.done;
    expect([outcome, partial, moved > 0 && moved < bytes.length, behind.completion]).toEqual(['timedOut', true, true, undefined]);
    expect(told).toEqual(told.toSorted((a, b) => a - b));
    expect(told.at(-1)).toBeLessThanOrEqual(moved);
    const rest = operations.continue(send.id);
    const got = await operations.submit({ op: 'recvExactly', socket: right, length: 30_000_007 }).value;
    expect(await rest.done).toMatchObject({ outcome: 'ok', bytes: 30_000_000 });
    expect((await behind.done).outcome).toBe('ok');
    assertSameBytes(got, concatBytes([bytes, pattern(7, 7)]));
    left.destroy();
    right.destroy();
  });

  test('a file is cancelled on its way and continued: the peer has it once', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'sock-async-'));
    onTestFinished(() => rm(folder, { recursive: true }));
    const path = join(folder, 'file');
    const content = pattern(20_000_000);
    await writeFile(path, content);
    await using carrier = await carry(by);
    const operations = createOperations();
    const [left, right] = await pair(operations, carrier);
    const got: Uint8Array[] = [];
    let count = 0;
    const reading = (async () => {
      for await (const chunk of right) {
        got.push(chunk);
        count += chunk.length;
      }
    })();
    let last: Submitted = operations.submit({ op: 'sendfile', socket: left, run: (from, options) => sendfile(left, path, { ...options, offset: from }) });
    operations.submit({ op: 'send', socket: left, bytes: pattern(3, 3) });
    let continued = 0;
    for (; continued < 3; continued += 1) {
      const enough = 1_000_000 * (continued + 1);
      await until(() => count > enough || last.completion !== undefined, 'some of the file has come');
      operations.cancel(last.id);
      if ((await last.done).outcome === 'ok') break;
      last = operations.continue(last.id);
    }
    expect(continued).toBeGreaterThan(0);
    expect(await last.done).toMatchObject({ outcome: 'ok', kind: 'sendfile', bytes: content.length });
    await operations.drain();
    await left.shutdown();
    await reading;
    assertSameBytes(concatBytes(got), concatBytes([content, pattern(3, 3)]));
    left.destroy();
    right.destroy();
  });

  test('whatever is cancelled, expires or is continued, on the wire stand the counted bytes of each send, in order, and each is told once', async () => {
    await using carrier = await carry(by);
    const step = fc.oneof(
      fc.record({ do: fc.constant('submit'), number: fc.constantFrom(1, 1000, 70_000, 400_000, 3_000_000) }),
      fc.record({ do: fc.constantFrom('cancel', 'continue', 'expire', 'wait', 'read'), number: fc.nat(9) }),
    );
    await fc.assert(fc.asyncProperty(fc.array(step, { maxLength: 20 }), async (steps) => {
      const operations = createOperations();
      const [left, right] = await pair(operations, carrier);
      const chains: { last: Submitted; readonly sent: Uint8Array }[] = [];
      const told = new Map<number, number>();
      const onCompletion = ({ id }: Completion): void => void told.set(id, (told.get(id) ?? 0) + 1);
      const submit = (length: number, timeout?: number): void => {
        const sent = pattern(length, chains.length);
        chains.push({ sent, last: operations.submit({ op: 'send', socket: left, bytes: sent }, { onCompletion, timeout }) });
      };
      const got: Uint8Array[] = [];
      for (const { do: what, number } of steps) {
        const chain = chains[number % Math.max(1, chains.length)];
        if (what === 'submit') submit(number);
        else if (what === 'expire') submit(2_000_000, 1 + number);
        else if (what === 'wait') await turns(number);
        else if (what === 'read') {
          const chunk = await operations.submit({ op: 'recv', socket: right }, { timeout: 2 }).done;
          if (chunk.outcome === 'ok' && chunk.value !== null) got.push(chunk.value);
        } else if (chain === undefined) continue;
        else if (what === 'cancel') operations.cancel(chain.last.id);
        else if (chain.last.completion?.outcome !== 'ok' && (chain.last.completion as { partial?: boolean } | undefined)?.partial === true) chain.last = operations.continue(chain.last.id, { onCompletion });
      }
      const reading = (async () => {
        for await (const chunk of right) got.push(chunk);
      })();
      while (operations.stats.inFlight > 0 || operations.stats.partial > 0) {
        for (const { last } of chains) operations.release(last.id);
        await turns(1);
      }
      await left.shutdown();
      await reading;
      assertSameBytes(concatBytes(got), concatBytes(chains.map(({ last, sent }) => sent.subarray(0, last.completion?.bytes ?? 0))));
      expect([...told.values()].every((count) => count === 1)).toBe(true);
      for (const { last } of chains) expect(told.get(last.id)).toBe(1);
      await operations.close();
      left.destroy();
      right.destroy();
    }), { numRuns: by === 'TCP' ? 60 : 30 });
  }, 120_000);
});

test('a handshake is an operation: as an upgrade of a socket, or one that was started; its end is told once', async () => {
  await using plain = await listen('127.0.0.1:0');
  const operations = createOperations({ defaultTimeout: '10s' });
  const [left, right] = await pair(operations, { dial: tcp(), listener: plain });
  const started = server.handshake(right);
  const [secure, accepted] = await Promise.all([
    operations.submit({ op: 'handshake', socket: left, upgrade: client, target: { serverName: 'localhost' } }).value,
    operations.submit({ op: 'handshake', handshake: started }).value,
  ]);
  expect([secure.get(TLS_INFO)?.protocol, accepted.get(TLS_INFO)?.protocol]).toEqual(['TLSv1.3', 'TLSv1.3']);
  secure.destroy();
  accepted.destroy();
});

test('a handshake with a silent peer expires, and takes the connection with it; the other one goes on', async () => {
  const silent = await rawServer();
  const operations = createOperations();
  const target = { host: '127.0.0.1', port: silent.port };
  const [first, second] = await Promise.all([1, 2].map(() => operations.submit({ op: 'connect', connector: tcp(), target }).value));
  const short = operations.submit({ op: 'handshake', socket: first!, upgrade: client, target: { serverName: 'localhost' } }, { timeout: 50 });
  const long = operations.submit({ op: 'handshake', handshake: client.handshake(second!, { serverName: 'localhost' }) });
  expect(await short.done).toMatchObject({ outcome: 'timedOut', error: { code: 'ERR_SOCK_OPERATION_TIMEOUT', phase: 'handshake' } });
  expect((await first!.closed).how).not.toBe('end');
  expect(long.completion).toBeUndefined();
  operations.cancel(long.id);
  expect((await long.done).outcome).toBe('cancelled');
  await silent.close();
});

test('a connect to nobody fails with what the connector says; one that is cancelled leaves no socket', async () => {
  const plain = await listen('127.0.0.1:0');
  const { endpoint } = plain;
  const operations = createOperations();
  const connect = operations.submit({ op: 'connect', connector: tcp(), target: endpoint });
  operations.cancel(connect.id);
  const accept = operations.submit({ op: 'accept', listener: plain }, { timeout: 100 });
  expect(['cancelled', 'ok']).toContain((await connect.done).outcome);
  if (connect.completion?.outcome === 'ok') connect.completion.value.destroy();
  const accepted = await accept.done;
  if (accepted.outcome === 'ok') accepted.value.destroy();
  await plain.close();
  expect(await operations.submit({ op: 'connect', connector: tcp(), target: endpoint }).done).toMatchObject({ outcome: 'error', error: { code: 'ERR_SOCK_REFUSED' } });
});
