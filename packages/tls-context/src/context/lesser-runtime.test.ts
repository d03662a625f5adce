import { createAuthority } from '@sock/dev-certs';
import { expect, test, vi } from 'vitest';
import { createServerContext } from '../index.ts';
import { stapler } from '../revocation.ts';

// As Bun 1.4.5 is: its engine has no such method, and says nothing of it.
vi.mock('../capabilities/runtime.ts', () => ({ engineMethods: () => () => false }));

test('a runtime that cannot staple refuses the option, in place of stapling nothing', () => {
  const authority = createAuthority();
  const issued = authority.issue({ names: ['localhost'] });
  const staple = stapler({ response: authority.ocspResponse({ certificate: issued }) });
  const own = { cert: issued.chain, key: issued.key };
  expect(() => createServerContext({ ...own, staple })).toThrow(expect.objectContaining({ code: 'ERR_SOCK_TLS_OPTION', option: 'staple', message: expect.stringContaining('this runtime cannot staple') as unknown }));
  expect(() => createServerContext(own)[Symbol.dispose]()).not.toThrow();
  staple.close();
});
