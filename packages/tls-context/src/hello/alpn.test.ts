import { describe, expect, test } from 'vitest';
import { TlsConfigError, TlsError } from '../errors.ts';
import { checkAlpn, chooseAlpn, noSharedAlpn } from './alpn.ts';

describe('a list of protocols', () => {
  test.each([
    ['17 of them', Array.from({ length: 17 }, (_, index) => `p${index}`), '17 protocols'],
    ['an empty name', [''], '0 bytes'],
    ['256 bytes', ['ü'.repeat(128)], '256 bytes'],
    ['one twice', ['h2', 'h2'], 'twice'],
    ['no text', [2 as unknown as string], '0 bytes'],
  ])('is refused: %s', (_what, list, why) => {
    expect(() => checkAlpn(list)).toThrow(TlsConfigError);
    expect(() => checkAlpn(list)).toThrow(expect.objectContaining({ code: 'ERR_SOCK_TLS_OPTION', option: 'alpn', message: expect.stringContaining(why) }));
  });

  test('is copied when it is good', () => {
    const list = ['h2', 'ü'.repeat(127)];
    expect(checkAlpn(list)).toEqual(list);
    expect(checkAlpn(list)).not.toBe(list);
    expect(checkAlpn(undefined)).toEqual([]);
  });
});

describe('the order of the server decides', () => {
  test.each([
    [['h2', 'http/1.1'], ['http/1.1', 'h2'], 'http/1.1'],
    [['a', 'b', 'c'], ['x', 'c', 'b'], 'c'],
    [['h2'], ['http/1.1'], undefined],
    [['H2'], ['h2'], undefined],
    [[], ['h2'], undefined],
    [['h2'], [], undefined],
  ])('offered %j, own %j: %j', (offered, own, chosen) => {
    expect(chooseAlpn(offered, own)).toBe(chosen);
  });
});

describe('the error for no shared protocol', () => {
  const endpoint = { host: '127.0.0.1', port: 4711 };

  test('names both lists and the cure', () => {
    const error = noSharedAlpn(endpoint, ['h2', 'x"y\n'], ['imap'], 100);
    expect(error).toBeInstanceOf(TlsError);
    expect(error).toMatchObject({ code: 'ERR_SOCK_TLS_NO_ALPN', kind: 'handshake', phase: 'handshake', category: 'protocol', endpoint });
    expect(error.message).toBe('the client at 127.0.0.1:4711 speaks none of this server\'s application protocols (ALPN): it offers "h2", "x\\"y\\n", the server has "imap"; add one of the client\'s to alpn, or correct the client');
  });

  test('is bounded by maxText, whatever the client offers', () => {
    const { message } = noSharedAlpn(undefined, Array.from({ length: 5000 }, (_, index) => `p${index}`), [], 20);
    expect(message).toContain('it offers "p0", "p1", "p2", "p…, the server has nothing;');
    expect(message.length).toBeLessThan(300);
  });
});
