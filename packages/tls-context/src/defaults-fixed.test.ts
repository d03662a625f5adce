import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { memoryPair } from '@sock/core/memory';
import { createAuthority } from '@sock/dev-certs';
import { bytes, leakGuard, rejection } from '@sock/testkit';
import { afterAll, afterEach, describe, expect, test, vi } from 'vitest';
import { createClientContext, createServerContext, peekProtocol, TLS_INFO } from './index.ts';
import { pkcs12 } from './pkcs12.ts';

// What DEFAULTS.md says of the arguments of functions, and of what is fixed. Options: defaults.test.ts.

leakGuard();

const authority = createAuthority();
const issued = authority.issue({ names: ['a.test'] });
const pair = { cert: issued.chain, key: issued.key };
const folder = mkdtempSync(join(tmpdir(), 'sock-defaults-'));

afterEach(() => {
  vi.restoreAllMocks();
});
afterAll(() => rmSync(folder, { recursive: true }));

const source = (path: string): string => readFileSync(fileURLToPath(new URL(path, import.meta.url)), 'utf8');
const page = source('../DEFAULTS.md');

describe('arguments of functions', () => {
  const ARGUMENTS: Readonly<Record<string, () => string | Promise<string>>> = {
    'pkcs12(material, passphrase)': () => {
      const [cert, key] = [join(folder, 'p12.pem'), join(folder, 'p12.key')];
      writeFileSync(cert, issued.cert);
      writeFileSync(key, issued.key);
      expect(() => pkcs12(issued.pkcs12({ passphrase: 'secret' })).load()).toThrow(/passphrase/);
      return pkcs12(execFileSync('openssl', ['pkcs12', '-export', '-in', cert, '-inkey', key, '-passout', 'pass:'], { stdio: 'pipe' })).load().certs.length === 1 ? 'empty' : 'another';
    },
    'peekProtocol(socket, { timeout })': async () => {
      const timers = vi.spyOn(globalThis, 'setTimeout');
      const [near, far] = memoryPair();
      const peeked = peekProtocol(near);
      await far.send(bytes('x'));
      expect(await peeked).toBe('plain');
      const set = timers.mock.calls.length;
      await Promise.all([near.close(), far.close()]);
      return set === 0 ? 'none' : 'some';
    },
    'peekProtocol(socket, { signal })': () => 'none',
    'upgrade(context, target, { timeout })': async () => {
      const [near, far] = memoryPair();
      const error = await rejection(near.upgrade(createClientContext({ handshakeTimeout: '20ms' }), { serverName: 'a.test' }));
      far.destroy();
      return (error as { code?: string }).code === 'ERR_SOCK_TLS_HANDSHAKE_TIMEOUT' ? 'handshakeTimeout' : String(error);
    },
    'exportKeyingMaterial(length, label, context)': async () => {
      const [near, far] = memoryPair();
      const [secure, accepted] = await Promise.all([
        near.upgrade(createClientContext({ ca: authority.ca, maxVersion: 'TLSv1.2' }), { serverName: 'a.test' }),
        far.upgrade(createServerContext(pair)),
      ]);
      const material = (context?: Uint8Array): string => Buffer.from(secure.get(TLS_INFO)?.exportKeyingMaterial(32, 'EXPORTER-test', context) ?? []).toString('hex');
      const differ = material() !== material(bytes(''));
      await Promise.all([secure.close(), accepted.close()]);
      return differ ? 'none' : 'empty';
    },
  };

  const rows = [...page.matchAll(/^\| `(\w+\(.*?\))` \| `(\w+)` \|/gm)].map(([, name, said]) => [name as string, said as string] as const);

  test.each(rows)('%s: %s', async (name, said) => {
    expect(await ARGUMENTS[name]?.()).toBe(said);
  });

  test('each has a row', () => {
    expect(rows.map(([name]) => name)).toEqual(Object.keys(ARGUMENTS));
  });
});

describe('what is fixed', () => {
  const section = page.slice(page.indexOf('\n## Fixed'), page.indexOf('\nAlso fixed'));
  const rows = [...section.matchAll(/^\| .*? \| `(\w+)` in `(.*?)` \| `(\d+)` \|/gm)].map(([, constant, path, value]) => [constant as string, path as string, Number(value)] as const);

  test.each(rows)('%s in %s is %d', (constant, path, value) => {
    const found = new RegExp(`^(?:export )?const ${constant}(?:: \\w+)? = ([\\d_* ]+);$`, 'm').exec(source(`./${path}`))?.[1];
    expect(found?.replaceAll('_', '').split('*').reduce((product, factor) => product * Number(factor), 1)).toBe(value);
  });

  test('every line of the table is one of these', () => {
    expect(rows.length).toBe(section.split('\n').filter((line) => line.startsWith('| ')).length - 1);
  });
});
