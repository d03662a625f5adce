import { createAuthority } from '@sock/dev-certs';
import { tcp } from '@sock/io';
import { leakGuard, rejection } from '@sock/testkit';
import { describe, expect, test } from 'vitest';
import { serving } from './serving.test-d.ts';
import { createClientContext, createServerContext, TlsConfigError } from '../index.ts';

leakGuard();

const authority = createAuthority();
const issued = authority.issue({ names: ['localhost'] });
const WRONG: readonly unknown[] = [null, 5.5, NaN, 'nonsense!', false, { nonsense: 1 }, [null], [5], Symbol('s')];

const COMMON = [
  'cert', 'key', 'passphrase', 'pfx', 'ca', 'alpn', 'ciphers', 'groups', 'signatureAlgorithms', 'pins', 'crl', 'ocsp', 'verifyPeer', 'danger', 'sessions',
  'minVersion', 'maxVersion', 'handshakeTimeout', 'maxChainDepth', 'maxErrorText', 'maxHandshakes', 'sessionCacheSize',
];
const SERVER = ['verify', 'once', 'certificates', 'names', 'unknownName', 'onClientHello', 'staple'];
const SESSIONS = { client: ['store', 'maxEntries', 'perKey', 'lifetime'], server: ['ticketSecret', 'ticketKeys', 'rotation', 'lifetime', 'ids', 'maxEntries', 'idContext'] };

/** What is right for some of them. */
const RIGHT: Readonly<Record<string, readonly unknown[]>> = { sessions: [false], once: [false], passphrase: ['nonsense!'], ids: [false], idContext: ['nonsense!'] };

const server = (options: object): unknown => createServerContext({ cert: issued.chain, key: issued.key, ca: authority.ca, ...options });
const client = (options: object): unknown => createClientContext({ ca: authority.ca, cert: issued.chain, key: issued.key, ...options });

function refusal(make: () => unknown): unknown {
  try {
    return make();
  } catch (error) {
    return error;
  }
}

function wrong(name: string): readonly unknown[] {
  return WRONG.filter((value) => !RIGHT[name]?.includes(value));
}

describe('a value of the wrong type is an error that names its option', () => {
  /** The values that pass, or whose error does not say what it is about. */
  const untold = (make: (options: object) => unknown, names: readonly string[], group?: string): string[] =>
    names.flatMap((name) => wrong(name).flatMap((value) => {
      const error = refusal(() => make(group === undefined ? { [name]: value } : { [group]: { [name]: value } })) as Partial<Error>;
      const isTold = /^(?:Tls)?ConfigError$/.test(error.name ?? '') && error.message?.includes(name) === true;
      return isTold ? [] : [`${name}: ${String(value)}: ${error.name} ${error.message}`];
    }));

  test('of a client', () => expect(untold(client, COMMON)).toEqual([]));
  test('of a server', () => expect(untold(server, [...COMMON, ...SERVER])).toEqual([]));
  test('of a client\'s sessions', () => expect(untold(client, SESSIONS.client, 'sessions')).toEqual([]));
  test('of a server\'s sessions', () => expect(untold(server, SESSIONS.server, 'sessions')).toEqual([]));

  test('of a name to expect', () => {
    for (const value of WRONG.filter((one) => typeof one !== 'string')) expect(refusal(() => client({ serverName: value }))).toMatchObject({ name: 'TlsConfigError', option: 'serverName' });
  });

  test.each([null, 5, true, [], Symbol('s')])('options that are none: %s', (options) => {
    for (const make of [createServerContext, createClientContext]) expect(refusal(() => make(options as never))).toBeInstanceOf(TlsConfigError);
  });
});

test('a target that is none is an error that says what is missing', async () => {
  await serving(createServerContext({ cert: issued.chain, key: issued.key }), async ({ port }) => {
    for (const target of [5, true, Symbol('s'), { serverName: null }, { serverName: 5 }, { host: null, port: 1 }]) {
      const plain = await tcp().connect({ host: '127.0.0.1', port });
      const error = await rejection(plain.upgrade(createClientContext({ ca: authority.ca }), target as never));
      expect(error).toMatchObject({ code: 'ERR_SOCK_TLS_NO_NAME' });
      expect(error.message).toContain('give serverName');
      plain.destroy();
    }
  });
});
