import * as tls from 'node:tls';
import { createAuthority } from '@sock/dev-certs';
import { leakGuard } from '@sock/testkit';
import { afterEach, expect, test, vi } from 'vitest';
import { resumed, serving } from '../context/serving.test-d.ts';
import type { ClientContext, ServerContextOptions, TlsVersion } from '../index.ts';
import { createClientContext, createServerContext } from '../index.ts';

vi.mock('node:tls', async (original) => {
  const real: typeof tls = await original();
  // Node 20 has no getCACertificates, and a mock must say so.
  return { getCACertificates: undefined, ...real, createSecureContext: vi.fn<typeof tls.createSecureContext>(real.createSecureContext) };
});
/** How many native contexts were made since it was told to forget. */
const made = vi.mocked(tls.createSecureContext);

leakGuard();
afterEach(() => vi.useRealTimers());

const HOUR = 3_600_000;
const authority = createAuthority();
const issued = authority.issue({ names: ['a.test'] });
const other = authority.issue({ names: ['b.test'] });

/** A client that holds on to what it gets, of one version, for one of the two names. */
const client = (version: TlsVersion, serverName: string): ClientContext =>
  createClientContext({ ca: authority.ca, serverName, minVersion: version, maxVersion: version, sessions: { lifetime: '7d' } });
const VERSIONS = ['TLSv1.2', 'TLSv1.3'] as const;

/** Serves two names, on a clock that stands; `run` is given what has each client connect, and counts those that were resumed. */
async function overHours(sessions: ServerContextOptions['sessions'], run: (visitAll: (clients: readonly ClientContext[]) => Promise<number>) => Promise<void>): Promise<void> {
  vi.useFakeTimers({ toFake: ['Date'] });
  const context = createServerContext({ cert: issued.chain, key: issued.key, certificates: [{ cert: other.chain, key: other.key }], sessions });
  await serving(context, async ({ visit }) => {
    await run(async (clients) => {
      let count = 0;
      for (const each of clients) if (resumed(await visit(each))) count++;
      return count;
    });
  });
}

test('two hundred clients with tickets of every key that is accepted have no native context made twice', async () => {
  const hours = 12;
  await overHours({ lifetime: `${hours}h`, rotation: '1h' }, async (visitAll) => {
    const clients: ClientContext[] = [];
    for (let hour = 0; hour <= hours; hour++) {
      if (hour > 0) vi.setSystemTime(Date.now() + HOUR);
      const young = VERSIONS.flatMap((version) => ['a.test', 'b.test'].map((name) => client(version, name)));
      expect(await visitAll(young)).toBe(0);
      clients.push(...young);
    }
    made.mockClear();
    // Node gives a client of TLS 1.3 two tickets for a full handshake, each good once, and none for a resumed one.
    const again = clients.filter((_, index) => index % 4 < 2);
    const rounds = [clients, clients, again, again, again, again];
    for (const round of rounds) expect(await visitAll(round)).toBe(round.length);
    expect(rounds.flat().length).toBeGreaterThanOrEqual(200);
    expect(made.mock.calls.length).toBe(0);
  });
});

test('a key that is accepted no longer leads to a full handshake, and the next ticket is good again', async () => {
  await overHours({ lifetime: '2h', rotation: '1h' }, async (visitAll) => {
    const clients = VERSIONS.map((version) => client(version, 'a.test'));
    expect(await visitAll(clients)).toBe(0);
    vi.setSystemTime(Date.now() + 2 * HOUR);
    expect(await visitAll(clients), 'as long as a ticket lives').toBe(2);
    vi.setSystemTime(Date.now() + 2 * HOUR);
    expect(await visitAll(clients), 'the key of the first hour is gone').toBe(0);
    expect(await visitAll(clients)).toBe(2);
  });
});

test('a native context is made when its first client comes, for each certificate and key', async () => {
  await overHours({ lifetime: '3h', rotation: '1h' }, async (visitAll) => {
    const young = [client('TLSv1.3', 'a.test'), client('TLSv1.2', 'b.test')];
    made.mockClear();
    await visitAll(young);
    expect(made.mock.calls.length, 'those of the first hour are made with the context').toBe(0);
    vi.setSystemTime(Date.now() + HOUR);
    await visitAll(young);
    expect(made.mock.calls.length, 'tickets of the first hour').toBe(0);
    const late = client('TLSv1.3', 'a.test');
    made.mockClear();
    await visitAll([late]);
    expect(made.mock.calls.length, 'the key of the second hour').toBe(1);
    await visitAll([late, ...young]);
    expect(made.mock.calls.length).toBe(1);
  });
});
