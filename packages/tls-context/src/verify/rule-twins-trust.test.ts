import { createAuthority } from '@sock/dev-certs';
import { leakGuard } from '@sock/testkit';
import { vi } from 'vitest';
import { proveTwins } from './rule-twins-world.test-d.ts';

leakGuard();

// A runtime that trusts an authority whose key we have: nobody could show a certificate of the real ones.
const runtime = vi.hoisted(() => ({ trusts: [] as string[] }));
vi.mock('node:tls', async (original) => ({
  ...(await original<object>()),
  rootCertificates: runtime.trusts,
  getCACertificates: () => runtime.trusts,
}));

const stranger = createAuthority({ name: 'Stranger' });
const host = stranger.issue({ names: ['good.test'] });
const worker = stranger.issue({ usage: 'client', commonName: 'worker' });
const own = createAuthority({ name: 'Own' });
runtime.trusts.push(stranger.ca);

const RULE = {
  rule: 'authorities that are given stand in the place of those of the runtime', step: 'chain', turn: 'rules', again: 'full',
  code: 'ERR_SOCK_TLS_UNKNOWN_ISSUER', words: /issued by "CN=Stranger", which is not trusted here/,
  trusted: 'who vouched for a chain is not asked again inside a session: its key holds the digest of the authorities instead',
} as const;

proveTwins(
  { side: 'client', client: {}, server: { cert: host.chain, key: host.key } },
  [{ ...RULE, good: { client: { ca: ['runtime', own.ca] } }, bad: { client: { ca: own.ca } } }],
);

proveTwins(
  { side: 'server', client: { ca: stranger.ca, cert: worker.chain, key: worker.key }, server: { cert: host.chain, key: host.key } },
  [{ ...RULE, rule: `${RULE.rule}, for servers too`, good: { server: { ca: ['runtime', own.ca] } }, bad: { server: { ca: own.ca } } }],
);
