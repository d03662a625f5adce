import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createAuthority } from '@sock/dev-certs';
import { leakGuard } from '@sock/testkit';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createClientContext } from '../index.ts';
import { crlCheck } from '../revocation.ts';

leakGuard();

const authority = createAuthority();
let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'sock-live-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

test('an update to another list does not ask for the one that it replaces', () => {
  const old = join(folder, 'old.pem');
  writeFileSync(old, authority.crl().pem);
  using context = createClientContext({ ca: authority.ca, crl: crlCheck({ lists: { file: old } }) });
  const before = context.key('a.test');
  rmSync(old);
  expect(() => context.update({})).toThrow(expect.objectContaining({ code: 'ERR_SOCK_TLS_MATERIAL', message: expect.stringContaining(old) as unknown }));
  expect(context.key('a.test')).toBe(before);
  context.update({ crl: crlCheck({ lists: authority.crl().pem }) });
  expect(context.key('a.test')).not.toBe(before);
});
