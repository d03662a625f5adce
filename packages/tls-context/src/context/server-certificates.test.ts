import { createServer } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { createAuthority } from '@sock/dev-certs';
import { leakGuard, turns } from '@sock/testkit';
import { expect, test, vi } from 'vitest';
import { createServerContext } from '../index.ts';
import { stapler } from '../revocation.ts';

leakGuard();

test('a context that cannot be made sets no stapler to work', async () => {
  const asked = vi.fn<() => void>();
  const responder = createServer((_request, response) => {
    asked();
    response.statusCode = 503;
    response.end();
  });
  await once(responder.listen(0, '127.0.0.1'), 'listening');
  const authority = createAuthority();
  const [one, other] = [authority.issue({ names: ['a.test'] }), authority.issue({ names: ['a.test'] })];
  const staple = stapler({ responder: `http://127.0.0.1:${(responder.address() as AddressInfo).port}`, issuer: authority.ca });
  const options = { cert: one.chain, key: one.key, staple };
  expect(() => createServerContext({ ...options, certificates: [{ cert: other.chain, key: other.key }] })).toThrow(expect.objectContaining({ code: 'ERR_SOCK_TLS_OPTION', option: 'certificates[0]' }));
  await turns(20);
  expect(asked).not.toHaveBeenCalled();
  // The twin: one that can be made does.
  const context = createServerContext(options);
  await vi.waitFor(() => expect(asked).toHaveBeenCalled());
  context.dispose();
  staple.close();
  responder.closeAllConnections();
  await once(responder.close(), 'close');
});
