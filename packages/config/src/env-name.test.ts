import { expect, it } from 'vitest';
import { envName } from './env-name.ts';

it.each([
  ['tls', 'minVersion', 'SOCK_TLS_MIN_VERSION'],
  ['io', 'backlog', 'SOCK_IO_BACKLOG'],
  ['sessionCache', 'maxAge2', 'SOCK_SESSION_CACHE_MAX_AGE2'],
  ['tls', 'maxOCSPAge', 'SOCK_TLS_MAX_OCSPAGE'],
  ['tls', undefined, 'SOCK_TLS_'],
])('%s and %s give %s', (section, field, name) => {
  expect(envName(section, field)).toBe(name);
});
