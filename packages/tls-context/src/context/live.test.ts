import { mkdir, mkdtemp, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createAuthority } from '@sock/dev-certs';
import { bytes, leakGuard, rejection, text } from '@sock/testkit';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { ClientContext, ClientContextOptions } from '../index.ts';
import { createClientContext, createServerContext } from '../index.ts';
import { serving, shownBy } from './serving.test-d.ts';

leakGuard();

const authority = createAuthority();
const first = authority.issue({ names: ['localhost'], commonName: 'first' });
const second = authority.issue({ names: ['localhost'], commonName: 'second' });
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sock-live-'));
});
afterAll(async () => {
  await rm(folder, { recursive: true });
});

const clientContext = (options: ClientContextOptions = {}): ClientContext => createClientContext({ ca: authority.ca, ...options });

describe('update', () => {
  test('a fault keeps the old state whole, and is the error of the creation', async () => {
    const context = createServerContext({ cert: first.chain, key: first.key, alpn: ['one'] });
    await serving(context, async ({ open }) => {
      const key = context.key(undefined);
      expect(() => context.update({ cert: second.chain, alpn: ['two'] })).toThrow(expect.objectContaining({ code: 'ERR_SOCK_TLS_KEY_MISMATCH' }));
      expect(() => context.update({ alpn: [''] })).toThrow(expect.objectContaining({ code: 'ERR_SOCK_TLS_OPTION' }));
      expect(() => context.update({ nothing: 1 } as object)).toThrow(expect.objectContaining({ code: 'ERR_SOCK_TLS_OPTION' }));
      expect(context.key(undefined)).toBe(key);
      const pair = await open(clientContext({ alpn: ['one'] }));
      expect([shownBy(pair), pair.client.alpn]).toEqual(['CN=first', 'one']);
    });
  });

  test('a certificate of one\'s own that is expired, badly ordered or for other names is refused', () => {
    const context = createServerContext({ cert: first.chain, key: first.key });
    const expired = authority.issue({ names: ['localhost'], validity: 'expired' });
    expect(() => context.update({ cert: expired.chain, key: expired.key })).toThrow(expect.objectContaining({ code: 'ERR_SOCK_TLS_EXPIRED' }));
    const below = authority.issueIntermediate().issue({ names: ['localhost'] });
    expect(() => context.update({ cert: below.chain + first.cert, key: below.key })).toThrow(expect.objectContaining({ code: 'ERR_SOCK_TLS_CHAIN_ORDER' }));
    expect(() => context.update({ names: ['elsewhere.test'] })).toThrow(expect.objectContaining({ code: 'ERR_SOCK_TLS_NAME_MISMATCH' }));
  });
});

describe('watch', () => {
  test('files that are swapped behind a symbolic link, as Kubernetes does it, are loaded', async () => {
    const at = (name: string): string => join(folder, name);
    for (const [name, { chain, key }] of [['one', first], ['two', second]] as const) {
      await mkdir(at(name));
      await writeFile(join(at(name), 'tls.crt'), chain);
      await writeFile(join(at(name), 'tls.key'), key);
    }
    await symlink('one', at('..data'));
    await symlink(join('..data', 'tls.crt'), at('tls.crt'));
    await symlink(join('..data', 'tls.key'), at('tls.key'));
    const context = createServerContext({ cert: { file: at('tls.crt') }, key: { file: at('tls.key') } });
    await serving(context, async ({ open }) => {
      expect(shownBy(await open(clientContext()))).toBe('CN=first');
      const reloaded = new Promise<void>((resolve, reject) => {
        context.watch({ interval: '20ms', onReload: resolve, onError: reject });
      });
      await symlink('two', at('..data_tmp'));
      await rename(at('..data_tmp'), at('..data'));
      await reloaded;
      expect(shownBy(await open(clientContext()))).toBe('CN=second');
      context.dispose();
    });
  });

  test('a certificate without its key keeps the old pair until the key has come', async () => {
    const [cert, key] = [join(folder, 'pair.crt'), join(folder, 'pair.key')];
    await writeFile(cert, first.chain);
    await writeFile(key, first.key);
    const context = createServerContext({ cert: { file: cert }, key: { file: key } });
    await serving(context, async ({ open }) => {
      const events: string[] = [];
      let told: (() => void) | undefined;
      const next = (): Promise<void> => new Promise((resolve) => { told = resolve; });
      const watcher = context.watch({
        interval: '20ms',
        onReload: () => { events.push('reloaded'); told?.(); },
        onError: (error) => { events.push((error as { code: string }).code); told?.(); },
      });
      const fault = next();
      // As a whole: a watch may look between the emptying of a file and its writing.
      await writeFile(`${cert}.new`, second.chain);
      await rename(`${cert}.new`, cert);
      await fault;
      expect(shownBy(await open(clientContext()))).toBe('CN=first');
      const mended = next();
      await writeFile(`${key}.new`, second.key);
      await rename(`${key}.new`, key);
      await mended;
      expect(shownBy(await open(clientContext()))).toBe('CN=second');
      // A look that began just before the key came may have one more follow.
      expect([...new Set(events)]).toEqual(['ERR_SOCK_TLS_KEY_MISMATCH', 'reloaded']);
      watcher.close();
    });
  });

  test('a context that was made from no file cannot be watched', () => {
    expect(() => createServerContext({ cert: first.chain, key: first.key }).watch()).toThrow(/made from no file/);
  });
});

test('a context that was disposed of upgrades nothing more, and open connections go on', async () => {
  const context = createServerContext({ cert: first.chain, key: first.key });
  await serving(context, async ({ open }) => {
    const { near, far } = await open(clientContext());
    context.dispose();
    expect(() => context.secureContext()).toThrow(expect.objectContaining({ code: 'ERR_SOCK_TLS_DISPOSED' }));
    await rejection(open(clientContext()));
    await near.send(bytes('still here'));
    expect(text(await far.recvExactly(10))).toBe('still here');
  });
});
