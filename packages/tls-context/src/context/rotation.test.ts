import { mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createAuthority } from '@sock/dev-certs';
import { bytes, leakGuard, text, turns } from '@sock/testkit';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { ClientContext, ServerContext, ServerContextOptions, TlsConfigError } from '../index.ts';
import { createClientContext, createServerContext } from '../index.ts';
import { crlCheck } from '../revocation.ts';
import type { Pair, Serving } from './serving.test-d.ts';
import { resumed, serving, shownBy } from './serving.test-d.ts';

leakGuard();

const authority = createAuthority();
const [oldClients, newClients] = [createAuthority({ name: 'Old clients' }), createAuthority({ name: 'New clients' })];
const [first, second] = ['first', 'second'].map((commonName) => authority.issue({ names: ['localhost'], commonName })) as [ReturnType<typeof authority.issue>, ReturnType<typeof authority.issue>];
const worker = oldClients.issue({ usage: 'client', commonName: 'worker' });
const other = oldClients.issue({ usage: 'client', commonName: 'other' });
const successor = newClients.issue({ usage: 'client', commonName: 'successor' });
const VERSIONS = ['TLSv1.2', 'TLSv1.3'] as const;
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sock-rotation-'));
});
afterAll(async () => {
  await rm(folder, { recursive: true });
});

const client = (version: (typeof VERSIONS)[number] = 'TLSv1.3', shows?: { chain: string; key: string }): ClientContext =>
  createClientContext({ ca: authority.ca, minVersion: version, maxVersion: version, ...(shows === undefined ? {} : { cert: shows.chain, key: shows.key }) });
const server = (options: Partial<ServerContextOptions> = {}): ServerContext => createServerContext({ cert: first.chain, key: first.key, ...options });

/** Writes a file as a whole: a watch may look between the emptying of one and its writing. */
async function replace(file: string, content: string): Promise<string> {
  await writeFile(`${file}.new`, content);
  await rename(`${file}.new`, file);
  return file;
}

/** Why an update was refused; `undefined` when it took effect. */
function refusal(update: () => void): TlsConfigError | undefined {
  try {
    update();
  } catch (error) {
    return error as TlsConfigError;
  }
  return undefined;
}

/** Replaces a file that a context was made from, and has it reloaded in one of two ways. Tells why that failed, or nothing. */
const RELOADS = {
  'update()': async (context: ServerContext, file: string, content: string): Promise<TlsConfigError | undefined> => {
    await replace(file, content);
    return refusal(() => context.update({}));
  },
  'a watch': async (context: ServerContext, file: string, content: string): Promise<TlsConfigError | undefined> =>
    await new Promise((resolve, reject) => {
      const told = (error?: unknown): void => {
        watcher.close();
        resolve(error as TlsConfigError | undefined);
      };
      const watcher = context.watch({ interval: '10ms', onReload: told, onError: told });
      replace(file, content).catch(reject);
    }),
} as const;
const HOW = Object.keys(RELOADS) as (keyof typeof RELOADS)[];

/**
 * Holds a hundred connections on which both ends never stop talking while `rotate` runs. Every byte comes back in its place, before, during and
 * after it, and no connection ends.
 */
async function amidTraffic({ open }: Serving, dial: (index: number) => ClientContext, rotate: () => Promise<void>): Promise<void> {
  const pairs: Pair[] = [];
  while (pairs.length < 100) pairs.push(...(await Promise.all(Array.from({ length: 10 }, (_, index) => open(dial(pairs.length + index))))));
  let ended = 0;
  for (const { near, far } of pairs) for (const { closed } of [near, far]) void closed.then(() => ended++);
  const rounds = pairs.map(() => 0);
  let left = Infinity;
  const echoes = pairs.map(async ({ far }) => {
    for (;;) {
      const chunk = await far.recv();
      if (chunk === null) return;
      await far.send(chunk);
    }
  });
  const talks = pairs.map(async ({ near }, index) => {
    for (; (rounds[index] as number) < left; (rounds[index] as number)++) {
      const said = `connection ${index}, round ${rounds[index]}, `.repeat(20);
      await near.send(bytes(said));
      expect(text(await near.recvExactly(said.length, { timeout: '5s' }))).toBe(said);
      // A breath, in which those speak that have begun a handshake.
      await turns(10);
    }
  });
  // What fails first is what is told: `rotate` would wait for nothing.
  await Promise.race([Promise.all([...talks, ...echoes]), rotate()]);
  const during = Math.max(...rounds);
  expect(Math.min(...rounds), 'all have talked before the end of the rotation').toBeGreaterThan(0);
  left = during + 3;
  await Promise.all(talks);
  expect(ended).toBe(0);
  await Promise.all(pairs.map(({ near }) => near.shutdown()));
  await Promise.all(echoes);
}

describe('a hundred connections that never stop talking lose no byte, and new ones follow the new state, at the rotation of', { timeout: 40_000 }, () => {
  test('the certificate by update(); a key that is not its own changes nothing', async () => {
    const context = server();
    await serving(context, async (served) => {
      await amidTraffic(served, (index) => client(VERSIONS[index % 2]), async () => {
        expect(refusal(() => context.update({ cert: second.chain }))).toMatchObject({ code: 'ERR_SOCK_TLS_KEY_MISMATCH', option: 'key', message: expect.stringContaining('belongs to another certificate') });
        expect(refusal(() => context.update({ key: 'no key' }))).toMatchObject({ code: 'ERR_SOCK_TLS_PEM', option: 'key' });
        for (const version of VERSIONS) expect(shownBy(await served.open(client(version)))).toBe('CN=first');
        context.update({ cert: second.chain, key: second.key });
        for (const version of VERSIONS) expect(shownBy(await served.open(client(version)))).toBe('CN=second');
      });
      expect(served.errors).toEqual([]);
    });
  });

  test.each(HOW)('the certificate and its key in one file by %s; half a file changes nothing', async (how) => {
    const file = await replace(join(folder, 'pair.pem'), first.key + first.chain);
    const context = server({ cert: { file }, key: { file } });
    await serving(context, async (served) => {
      await amidTraffic(served, (index) => client(VERSIONS[index % 2]), async () => {
        expect(await RELOADS[how](context, file, second.key + second.chain.slice(0, 200))).toMatchObject({ code: 'ERR_SOCK_TLS_PEM', option: 'cert', message: expect.stringContaining(file) });
        expect(shownBy(await served.open(client()))).toBe('CN=first');
        expect(await RELOADS[how](context, file, second.key + second.chain)).toBeUndefined();
        for (const version of VERSIONS) expect(shownBy(await served.open(client(version)))).toBe('CN=second');
      });
      expect(served.errors).toEqual([]);
    });
  });

  test.each(HOW)('the authorities of clients by %s: the old ones vouch for nobody any more, on resumed sessions either', async (how) => {
    const file = await replace(join(folder, 'authorities.pem'), oldClients.ca);
    const context = server({ ca: { file } });
    await serving(context, async (served) => {
      const { open, refused, visit, errors } = served;
      const begun = VERSIONS.map((version) => client(version, worker));
      await amidTraffic(served, (index) => client(VERSIONS[index % 2], worker), async () => {
        for (const dial of begun) await visit(dial);
        for (const version of VERSIONS) expect(await refused(client(version, successor)), 'not yet').toMatchObject({ code: 'ERR_SOCK_TLS_UNKNOWN_ISSUER' });
        expect(await RELOADS[how](context, file, 'no authority')).toMatchObject({ code: 'ERR_SOCK_TLS_PEM', option: 'ca', message: expect.stringContaining(file) });
        for (const dial of begun) expect(resumed(await visit(dial)), 'nothing has changed').toBe(true);
        expect(await RELOADS[how](context, file, newClients.ca)).toBeUndefined();
        for (const version of VERSIONS) {
          expect((await open(client(version, successor))).server.peerCertificate?.subject).toBe('CN=successor');
          expect(await refused(client(version, worker))).toMatchObject({ code: 'ERR_SOCK_TLS_UNKNOWN_ISSUER', kind: 'verify' });
        }
        for (const dial of begun) {
          expect(await refused(dial)).toMatchObject({ code: 'ERR_SOCK_TLS_UNKNOWN_ISSUER', kind: 'verify' });
          expect(dial.sessionStats, 'it was offered a second time, and not taken').toMatchObject({ hits: 2, resumed: 1, refused: 1 });
        }
      });
      expect(errors).toHaveLength(6);
    });
  });

  test.each(HOW)('revocation lists by %s: who is on the new one is refused, on a resumed session too', async (how) => {
    const file = await replace(join(folder, 'lists.pem'), oldClients.crl().pem);
    const context = server({ ca: oldClients.ca, crl: crlCheck({ lists: { file }, reload: '1d' }) });
    await serving(context, async (served) => {
      const { open, refused, visit, errors } = served;
      const begun = VERSIONS.map((version) => client(version, worker));
      // They are revoked while they talk: what was verified stays verified until it ends.
      await amidTraffic(served, (index) => client(VERSIONS[index % 2], worker), async () => {
        for (const dial of begun) await visit(dial);
        expect(await RELOADS[how](context, file, oldClients.crl().pem.slice(0, 100))).toMatchObject({ code: 'ERR_SOCK_TLS_CRL_INVALID', option: 'lists', message: expect.stringContaining(file) });
        for (const dial of begun) expect(resumed(await visit(dial)), 'nothing has changed').toBe(true);
        expect(await RELOADS[how](context, file, oldClients.crl({ revoked: [{ certificate: worker, reason: 'keyCompromise' }] }).pem)).toBeUndefined();
        for (const version of VERSIONS) {
          expect(await refused(client(version, worker))).toMatchObject({ code: 'ERR_SOCK_TLS_REVOKED', message: expect.stringContaining('"CN=worker"') });
          expect((await open(client(version, other))).server.peerCertificate?.subject).toBe('CN=other');
        }
        for (const dial of begun) expect(await refused(dial)).toMatchObject({ code: 'ERR_SOCK_TLS_REVOKED', kind: 'verify' });
      });
      expect(errors).toHaveLength(4);
    });
  });

  test('the ticket secret: tickets of the old one lead to a full handshake; a secret that is too short changes nothing', async () => {
    const secrets = ['first', 'second'].map((name) => name.padEnd(32, '.'));
    const context = server({ sessions: { ticketSecret: secrets[0] } });
    await serving(context, async (served) => {
      const { visit, errors } = served;
      const begun = VERSIONS.map((version) => client(version));
      await amidTraffic(served, (index) => client(VERSIONS[index % 2]), async () => {
        for (const dial of begun) expect(resumed(await visit(dial))).toBe(false);
        expect(refusal(() => context.update({ sessions: { ticketSecret: 'short' } }))).toMatchObject({ code: 'ERR_SOCK_TLS_OPTION', option: 'sessions.ticketSecret', message: expect.stringContaining('it has 5 bytes') });
        for (const dial of begun) expect(resumed(await visit(dial)), 'nothing has changed').toBe(true);
        context.update({ sessions: { ticketSecret: secrets[1] } });
        for (const dial of begun) expect(resumed(await visit(dial))).toBe(false);
        for (const dial of begun) expect(resumed(await visit(dial)), 'a ticket of the new secret').toBe(true);
        context.update({ sessions: { ticketSecret: secrets[1] } });
        for (const dial of begun) expect(resumed(await visit(dial)), 'the same secret again').toBe(true);
      });
      expect(errors).toEqual([]);
      for (const dial of begun) expect(dial.sessionStats).toMatchObject({ refused: 1, errors: 0 });
    });
  });
});
