import { createAuthority } from '@sock/dev-certs';
import { leakGuard, rejection } from '@sock/testkit';
import { describe, expect, test } from 'vitest';
import { resumed, serving } from './serving.test-d.ts';
import type { ClientContext, ClientContextOptions, ClientSession, PeerCheck, ServerContext, ServerContextOptions } from '../index.ts';
import { createClientContext, createServerContext } from '../index.ts';

// What a program's own functions do wrong ends in a typed error that says whose fault it was, and never in a connection.

leakGuard();

const authority = createAuthority();
const issued = authority.issue({ names: ['localhost'] });
const server = (options: Partial<ServerContextOptions> = {}): ServerContext => createServerContext({ cert: issued.chain, key: issued.key, ...options });
const client = (options: ClientContextOptions = {}): ClientContext => createClientContext({ ca: authority.ca, ...options });

describe.each(['crl', 'ocsp'] as const)('a %s check of somebody\'s own', (step) => {
  const own = (check: () => unknown): ClientContext => client({ [step]: { step, digest: 'own', asksForStaple: false, check: async () => check() } satisfies Omit<PeerCheck, 'check'> & { check: () => Promise<unknown> } });

  test.each([
    ['throws an error', () => { throw new RangeError('out of lists'); }, `the ${step} check refused the server at 127.0.0.1`],
    ['throws something else', () => { throw Symbol('s') as unknown as Error; }, 'it threw no error, but something else'],
    ['answers nothing', () => undefined, 'answered with a value of type undefined: give { outcome, detail }'],
    ['answers null', () => null, 'answered with a value of type null'],
    ['answers true', () => true, 'answered with a value of type boolean'],
    ['answers an outcome that there is not', () => ({ outcome: 'good', detail: '' }), 'answered with no outcome and detail that are known here'],
    ['answers no detail', () => ({ outcome: 'ok' }), 'answered with no outcome and detail that are known here'],
    ['answers a date', () => ({ outcome: 'ok', detail: '', validUntil: new Date() }), 'answered with validUntil a value of type object: give milliseconds'],
  ])('that %s refuses the peer', async (_what, check, words) => {
    await serving(server(), async ({ open }) => {
      const error = await rejection(open(own(check)));
      expect(error).toMatchObject({ name: 'TlsError', code: 'ERR_SOCK_TLS_REFUSED', phase: 'verify' });
      expect(error.message).toContain(words);
    });
  });

  test('that finds the peer good lets it in', async () => {
    await serving(server(), async ({ visit }) => {
      const { client: info } = await visit(own(() => ({ outcome: 'ok', detail: 'fine' })));
      expect(info.verification).toContainEqual({ step, outcome: 'ok', detail: 'fine' });
    });
  });
});

describe('onClientHello', () => {
  const disposed = server();
  disposed.dispose();

  test.each([
    ['null', null],
    ['text', 'refuse'],
    ['a number', 5],
    ['an alert that there is not', { refuse: 'nonsense' }],
    ['an inherited name for an alert', { refuse: 'toString' }],
    ['the context of a client', client()],
    ['an empty object', {}],
    ['a context that was disposed of', disposed],
  ])('that answers %s refuses the client with "internal_error"', async (_what, answer) => {
    await serving(server({ onClientHello: (() => answer) as never }), async ({ open, errors }) => {
      expect(await rejection(open(client()))).toMatchObject({ code: 'ERR_SOCK_TLS_ALERT', alert: 'internal_error' });
      expect(errors).toMatchObject([{ name: 'TlsError', code: 'ERR_SOCK_TLS_HELLO_REFUSED' }]);
      expect(errors[0]?.message).toContain('the function in onClientHello failed');
    });
  });
});

test.each(['TLSv1.2', 'TLSv1.3'] as const)('a store that answers with a chain that is none costs a full handshake, and no connection: %s', async (version) => {
  let kept: ClientSession | undefined;
  let spoil = false;
  const take = (): ClientSession | undefined => (kept !== undefined && spoil ? { ...kept, chain: [Uint8Array.of(1, 2, 3)] } : kept);
  const context = client({ minVersion: version, maxVersion: version, sessions: { store: { take, put: (_key, session) => void (kept = session), forget: () => {} } } });
  await serving(server(), async ({ visit }) => {
    await visit(context);
    expect(resumed(await visit(context))).toBe(true);
    spoil = true;
    expect(resumed(await visit(context))).toBe(false);
    expect(context.sessionStats).toMatchObject({ errors: 1 });
  });
});
