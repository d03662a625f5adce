import { X509Certificate } from 'node:crypto';
import { mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { formatDuration } from '@sock/config';
import { limitsTable } from '@sock/config/table';
import { createAuthority } from '@sock/dev-certs';
import { bytes, leakGuard, rejection } from '@sock/testkit';
import { afterAll, afterEach, describe, expect, test, vi } from 'vitest';
import { loadClient } from './context/client-engine.ts';
import type { ServerEngine } from './context/server-engine.ts';
import { loadServer } from './context/server-engine.ts';
import { danger } from './danger.ts';
import { bare, exported, membersOf, rowsOf, tables } from './defaults-page.test-d.ts';
import type { ClientHello } from './hello/client-hello.ts';
import type { ServerContextOptions } from './index.ts';
import { createServerContext, memoryServerSessions, memorySessionStore, tlsSection } from './index.ts';
import { loadTrust } from './material/authorities.ts';
import { checkCiphers } from './material/cipher-suites.ts';
import { checkGroups } from './material/groups.ts';
import { loadOwnCertificate } from './material/own-certificate.ts';
import { checkSignatureAlgorithms } from './material/signature-algorithms.ts';
import { crlCheck, ocspCheck, stapler } from './revocation.ts';
import { STAPLE_DATES } from './revocation/ocsp-check.ts';
import type { ClientSession } from './session/client-session.ts';
import { checkClientSessions, checkServerSessions } from './session/session-options.ts';
import { TicketKeys } from './session/ticket-keys.ts';
import { checkPins, spkiPin } from './verify/pins.ts';

// DEFAULTS.md is a promise: each default in its tables is asked of the code here, and each option of the types has a row. Arguments and what is fixed: defaults-fixed.test.ts.

leakGuard();

const authority = createAuthority();
const issued = authority.issue({ names: ['a.test'] });
const other = authority.issue({ names: ['b.test'] });
const pair = { cert: issued.chain, key: issued.key };
const folder = mkdtempSync(join(tmpdir(), 'sock-defaults-'));

afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});
afterAll(() => rmSync(folder, { recursive: true }));

type Ask = () => unknown;

const client = (): ReturnType<typeof loadClient> => loadClient({}, undefined);
const server = (more: Partial<ServerContextOptions> = {}): ServerEngine => loadServer({ ...pair, ...more }, undefined);
const served = (engine: ServerEngine, serverName: string): boolean => engine.certificateFor({ serverName } as ClientHello) !== undefined;
const trusted = (): string => (loadTrust(undefined).pem === undefined ? 'runtime' : 'given');
const written = (milliseconds: number | undefined): string => (milliseconds === undefined ? 'none' : formatDuration(milliseconds));
/** `required` when the option cannot be left out. */
const required = (call: () => unknown, words: RegExp): string => {
  expect(call).toThrow(words);
  return 'required';
};
const held = (expiresAt: number, protocol: 'TLSv1.2' | 'TLSv1.3' = 'TLSv1.3'): ClientSession => ({ session: bytes('s'), protocol, chain: [new X509Certificate(issued.cert).raw], authenticatedAt: 0, expiresAt });
const lists = authority.crl().pem;
const pins = { sha256: [spkiPin(new X509Certificate(issued.cert))], backup: [spkiPin(new X509Certificate(other.cert))] };
const sessionValues = (): NonNullable<ReturnType<typeof checkServerSessions>> => checkServerSessions(undefined, tlsSection.defaults.sessionCacheSize) ?? expect.fail('no sessions');
const derived = (): Extract<ConstructorParameters<typeof TicketKeys>[0], { rotationMs: number }> => {
  const { tickets } = sessionValues();
  return tickets !== undefined && 'rotationMs' in tickets ? tickets : expect.fail('no derived keys');
};

/** What the code answers, by the interface and the option; an optional callback that is missing has nothing to be asked. */
const ASKS: Readonly<Record<string, Readonly<Record<string, Ask>>>> = {
  ContextOptions: {
    cert: () => client().own ?? 'none',
    key: () => client().own ?? 'none',
    passphrase: () => loadOwnCertificate(pair).keyType && 'none',
    pfx: () => client().own ?? 'none',
    ca: () => `client: ${client().authorities === loadTrust(undefined).digest ? trusted() : 'another'}; server: ${server().rules.mode}`,
    alpn: () => client().alpn.join() || 'none',
    ciphers: () => checkCiphers(undefined, false).list.replaceAll(':', ' '),
    groups: () => {
      const now = checkGroups(undefined).replaceAll('*', '').replaceAll(/[:/]/g, ' ');
      return now.includes('MLKEM') ? `X25519 P-256 P-384; with OpenSSL 3.5: ${now}` : `${now}; with OpenSSL 3.5: X25519MLKEM768 ${now}`;
    },
    signatureAlgorithms: () => checkSignatureAlgorithms(undefined, false) ?? 'openssl',
  },
  VerifyOptions: {
    pins: () => client().rules.pins ?? 'none',
    crl: () => client().rules.crl ?? 'none',
    ocsp: () => client().rules.ocsp ?? 'none',
    verifyPeer: () => client().rules.custom ?? 'none',
    danger: () => client().rules.danger ?? 'none',
  },
  ClientContextOptions: {
    serverName: () => (client().expected('dialled.test:443')?.text === 'dialled.test' ? 'target' : 'another'),
    sessions: () => (client().sessions === undefined ? 'none' : checkClientSessions(undefined, tlsSection.defaults.sessionCacheSize)?.store ?? 'memory'),
  },
  ServerContextOptions: {
    verify: () => `without ca: ${server().rules.mode}; with ca: ${server({ ca: authority.ca }).rules.mode}`,
    once: () => server({ ca: authority.ca }).tickets !== undefined,
    certificates: () => (served(server({ unknownName: 'refuse' }), 'b.test') ? 'some' : 'none'),
    names: () => (served(server({ unknownName: 'refuse' }), 'a.test') ? 'certificate' : 'none'),
    unknownName: () => (served(server(), 'b.test') ? 'default' : 'refuse'),
    onClientHello: () => server().onClientHello ?? 'none',
    sessions: () => (server().tickets === undefined ? 'none' : 'tickets'),
    staple: () => server().certificateFor(undefined)?.server(false) ?? 'none',
    alpn: () => server().protocols.join() || 'none',
  },
  CertificateOptions: {
    cert: () => required(() => loadOwnCertificate({ key: issued.key }), /^cert: .*together/),
    key: () => required(() => loadOwnCertificate({ cert: issued.chain }), /^key: .*together/),
    passphrase: () => {
      expect(() => loadOwnCertificate({ ...pair, key: issued.encryptedKey('secret') })).toThrow(/give its passphrase/);
      return 'none';
    },
    pfx: () => loadOwnCertificate(pair).keyType && 'none',
    names: () => (loadOwnCertificate(pair).names.join() === 'a.test' ? 'certificate' : 'another'),
  },
  PinOptions: {
    sha256: () => required(() => checkPins({ ...pins, sha256: [] }), /pins\.sha256/),
    backup: () => required(() => checkPins({ ...pins, backup: [] }), /pins\.backup/),
    reportOnly: () => checkPins(pins)?.report ?? 'none',
  },
  ClientSessionOptions: {
    store: () => checkClientSessions(undefined, tlsSection.defaults.sessionCacheSize)?.store ?? 'memory',
    maxEntries: async () => {
      const { sessions } = loadClient({ sessionCacheSize: 1 }, undefined);
      for (const key of ['a', 'b']) await sessions?.offer(key, { ...held(Date.now() + 60_000), authenticatedAt: Date.now() });
      expect(await sessions?.take('b')).toBeDefined();
      return (await sessions?.take('a')) === undefined ? 'sessionCacheSize' : 'more';
    },
    perKey: () => checkClientSessions(undefined, tlsSection.defaults.sessionCacheSize)?.perKey,
    reuse: () => checkClientSessions(undefined, tlsSection.defaults.sessionCacheSize)?.reuse,
    lifetime: () => written(checkClientSessions(undefined, tlsSection.defaults.sessionCacheSize)?.lifetimeMs),
  },
  ServerSessionOptions: {
    tickets: () => sessionValues().tickets !== undefined,
    ticketSecret: () => (derived().secret === undefined && new TicketKeys(derived()).current().id !== new TicketKeys(derived()).current().id ? 'random' : 'known'),
    ticketKeys: () => ('keys' in derived() ? 'given' : 'none'),
    rotation: () => written(derived().rotationMs),
    lifetime: () => written(sessionValues().lifetimeMs),
    ids: () => sessionValues().ids === 'memory',
    maxEntries: async () => {
      const { ids } = server({ sessionCacheSize: 1 });
      for (const id of ['a', 'b']) await ids?.store(bytes(id), bytes('s'), 1000);
      expect(await ids?.load(bytes('b'))).toBeDefined();
      return (await ids?.load(bytes('a'))) === undefined ? 'sessionCacheSize' : 'more';
    },
    idContext: () => sessionValues().idContext || 'none',
  },
  MemorySessionStoreOptions: {
    maxEntries: async () => {
      const store = memorySessionStore();
      for (let key = 0; key < 5000; key += 1) await store.put(String(key), held(Infinity));
      return count(5000, async (key) => await store.take(String(key)));
    },
    perKey: async () => {
      const store = memorySessionStore();
      for (let index = 0; index < 50; index += 1) await store.put('key', held(Infinity));
      return count(50, async () => await store.take('key'));
    },
    reuse: async () => {
      const store = memorySessionStore();
      await store.put('key', held(Infinity));
      return (await store.take('key')) === (await store.take('key'));
    },
    now: () => clocked((now) => {
      const store = memorySessionStore();
      void store.put('key', held(now + 1000, 'TLSv1.2'));
      return () => store.take('key') !== undefined;
    }),
  },
  MemoryServerSessionsOptions: {
    maxEntries: async () => {
      const store = memoryServerSessions();
      for (let id = 0; id < 5000; id += 1) await store.store(bytes(`${id}`), bytes('s'), 60_000);
      return count(5000, async (id) => await store.load(bytes(`${id}`)));
    },
    now: () => clocked(() => {
      const store = memoryServerSessions();
      void store.store(bytes('id'), bytes('s'), 1000);
      return () => store.load(bytes('id')) !== undefined;
    }),
  },
  WatchOptions: {
    interval: () => {
      const [certFile, keyFile] = [join(folder, 'c.pem'), join(folder, 'k.pem')];
      writeFileSync(certFile, issued.chain);
      writeFileSync(keyFile, issued.key);
      const every = vi.spyOn(globalThis, 'setInterval');
      createServerContext({ cert: { file: certFile }, key: { file: keyFile } }).watch().close();
      return written(every.mock.calls[0]?.[1]);
    },
  },
  CrlCheckOptions: {
    lists: () => required(() => crlCheck({ lists: [] }), /lists: an empty list/),
    policy: () => chosen(['hard', 'soft'] as const, (policy) => crlCheck({ lists, policy }).digest, crlCheck({ lists }).digest),
    scope: () => chosen(['leaf', 'chain'] as const, (scope) => crlCheck({ lists, scope }).digest, crlCheck({ lists }).digest),
    reload: () => {
      vi.useFakeTimers({ toFake: ['performance'] });
      const file = join(folder, 'list.pem');
      writeFileSync(file, authority.crl().pem);
      const check = crlCheck({ lists: { file } });
      const { digest } = check;
      writeFileSync(file, authority.crl({ revoked: [{ certificate: issued }] }).pem);
      utimesSync(file, 1, 1);
      for (let passed = 1; passed <= 3600; passed += 1) {
        vi.advanceTimersByTime(1000);
        if (check.digest !== digest) return written(passed * 1000);
      }
      return 'never';
    },
  },
  OcspCheckOptions: {
    policy: () => chosen(['must-staple', 'hard', 'soft'] as const, (policy) => ocspCheck({ policy }).digest, ocspCheck().digest),
    maxAge: () => chosen(['1d', '10d', '24d'] as const, (maxAge) => ocspCheck({ maxAge }).digest, ocspCheck().digest),
    skew: () => chosen(['0ms', '1m', '5m', '1d'] as const, (skew) => ocspCheck({ skew }).digest, ocspCheck().digest),
  },
  StaplerOptions: {
    responder: async () => ((await stapled()).asked ? 'certificate' : 'none'),
    timeout: async () => written((await stapled()).delays[0]),
    minInterval: async () => written((await stapled()).delays[1]),
    maxAge: () => STAPLE_DATES.maxAge.default,
    skew: () => STAPLE_DATES.skew.default,
  },
  DangerOptions: {
    reason: () => required(() => danger({ allow: ['any-name'] } as never), /wants a reason/),
    allow: () => danger({ reason: 'a test of defaults', keyLogFile: join(folder, 'keys.log') }).allow.size || 'none',
    keyLogFile: () => danger({ reason: 'a test of defaults', allow: ['any-name'] }).keyLog ?? 'none',
  },
};

/** How many of so many are still there. */
async function count(most: number, look: (index: number) => Promise<unknown>): Promise<number> {
  let found = 0;
  for (let index = 0; index < most; index += 1) if ((await look(index)) !== undefined) found += 1;
  return found;
}

/** Which of some values has the effect of the default. */
function chosen<T extends string>(values: readonly T[], effect: (value: T) => string, ofDefault: string): string {
  expect(new Set(values.map(effect)).size).toBe(values.length);
  return values.find((value) => effect(value) === ofDefault) ?? 'another';
}

/** Whether something that lives for a second ends with the clock of `Date`. */
function clocked(start: (now: number) => () => boolean): string {
  vi.useFakeTimers({ toFake: ['Date'] });
  const alive = start(Date.now());
  expect(alive()).toBe(true);
  vi.setSystemTime(Date.now() + 1001);
  return alive() ? 'another' : 'Date.now';
}

/** Has a stapler ask a responder that answers with a failure: the timer of the exchange, then that of the next attempt. */
async function stapled(): Promise<{ asked: boolean; delays: number[] }> {
  let asked = false;
  const responder = createServer((_request, response) => {
    asked = true;
    response.writeHead(500).end();
  });
  await new Promise<void>((resolve) => void responder.listen(0, '127.0.0.1', resolve));
  vi.spyOn(Math, 'random').mockReturnValue(0);
  const timers = vi.spyOn(globalThis, 'setTimeout');
  const leaf = new X509Certificate(authority.issue({ names: ['a.test'], ocspUrls: [`http://127.0.0.1:${(responder.address() as AddressInfo).port}/`] }).cert);
  const staples = stapler();
  try {
    const feed = staples.attach(leaf, new X509Certificate(authority.ca));
    expect(await rejection(feed.ready())).toMatchObject({ code: 'ERR_SOCK_TLS_RESPONDER' });
    return { asked, delays: timers.mock.calls.map(([, delay]) => delay ?? 0).filter((delay) => delay >= 1000) };
  } finally {
    staples.close();
    await new Promise((resolve) => responder.close(resolve));
  }
}

describe('every option has a row, and every row an option', () => {
  test.each(exported)('%s', (name) => {
    const members = [...membersOf(name).keys()];
    expect(members).not.toEqual([]);
    expect(rowsOf(name).map((row) => row.name).toSorted()).toEqual(members.toSorted());
  });

  test('tlsSection', () => {
    const rows = rowsOf('tlsSection').map(({ name, cells }) => [name, ...cells.slice(0, 4).map(bare)]);
    expect(rows).toEqual(limitsTable([tlsSection]).rows.map((row) => [row.name, row.env, row.default, row.range, row.unit].map((cell) => cell.replace(/^tls\./, '').replaceAll('"', ''))));
  });

  test('VerifyOptions', () => {
    // Not exported by an entry under every name that it is used by, but part of both contexts.
    expect(rowsOf('VerifyOptions').map((row) => row.name)).toEqual([...membersOf('VerifyOptions').keys()]);
  });
});

describe('the default on the page is the one of the code', () => {
  const all = exported.flatMap((title) => (tables.get(title) ?? []).map((row) => ({ title, name: row.name, said: bare(row.cells[0] as string) })));

  test.each(all)('$title $name: $said', async ({ title, name, said }) => {
    const ask = ASKS[title]?.[name];
    if (ask !== undefined) expect(String(await ask())).toBe(said);
    else expect({ said, optional: membersOf(title).get(name), callbackOrSource: /^on[A-Z]|^response$|^issuer$/.test(name) }).toEqual({ said: 'none', optional: true, callbackOrSource: true });
  });

  test('every question is asked', () => {
    expect(Object.entries(ASKS).flatMap(([title, asks]) => Object.keys(asks).filter((name) => !all.some((one) => one.title === title && one.name === name)))).toEqual([]);
  });
});
