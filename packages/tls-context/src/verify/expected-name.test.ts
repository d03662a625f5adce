import { X509Certificate } from 'node:crypto';
import { createAuthority } from '@sock/dev-certs';
import { expect, test } from 'vitest';
import { checkIdentity, toIdentity } from './expected-name.ts';

const authority = createAuthority();
const check = (issued: { cert: string }, name: string): void => checkIdentity(new X509Certificate(issued.cert), toIdentity(name, undefined), { host: '127.0.0.1', port: 443 }, 512);
const error = (run: () => void): { code: string; message: string } => {
  try {
    run();
  } catch (reason) {
    return reason as { code: string; message: string };
  }
  throw new Error('it was accepted');
};

const many = authority.issue({ names: ['exact.test', '*.wild.test', 'münchen.test', 'my_host.test'], ips: ['127.0.0.1', '::1'] });

test.each(['exact.test', 'EXACT.test', 'exact.test.', 'a.wild.test', 'münchen.test', 'xn--mnchen-3ya.test', 'my_host.test', '127.0.0.1', '::1', '[::1]', '0:0:0:0:0:0:0:1'])(
  '%s is accepted by a certificate that names it',
  (name) => {
    expect(() => check(many, name)).not.toThrow();
  },
);

test.each(['other.test', 'wild.test', 'a.b.wild.test', 'exact.test.evil.test', 'xexact.test', '127.0.0.2', '::2', 'munchen.test'])('%s is refused, with the names that were found', (name) => {
  const reason = error(() => check(many, name));
  expect(reason.code).toBe('ERR_SOCK_TLS_NAME_MISMATCH');
  expect(reason.message).toContain('DNS:exact.test');
  expect(reason.message).toContain('127.0.0.1:443');
});

test('a common name alone names nobody', () => {
  const issued = authority.issue({ names: [], commonName: 'exact.test', allow: ['no-names'] });
  const reason = error(() => check(issued, 'exact.test'));
  expect(reason).toMatchObject({ code: 'ERR_SOCK_TLS_NAME_MISMATCH', message: expect.stringContaining('a common name alone does not count') });
});

test('an address is not matched by a name that looks like it', () => {
  expect(error(() => check(authority.issue({ names: ['exact.test'] }), '127.0.0.1')).code).toBe('ERR_SOCK_TLS_NAME_MISMATCH');
});

test.each(['', ' ', 'a b', 'a..b', 'x'.repeat(64).concat('.').repeat(5), 'evil\u0000.test', 'exact.test/path', '1.2.3', '*.wild.test'])('"%s" is no name to expect', (name) => {
  expect(error(() => toIdentity(name, undefined)).code).toBe('ERR_SOCK_TLS_NO_NAME');
});
