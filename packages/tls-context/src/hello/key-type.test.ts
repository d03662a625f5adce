import { describe, expect, test } from 'vitest';
import type { ClientHello } from './client-hello.ts';
import type { KeyType } from './key-type.ts';
import { chooseKeyType } from './key-type.ts';

const BASE: ClientHello = {
  serverName: undefined, alpn: [], versions: [], cipherSuites: [], signatureSchemes: [], groups: [],
  sessionTicket: undefined, pskIdentities: [],
};
const ALL: readonly KeyType[] = ['rsa-pss', 'rsa', 'ed448', 'ed25519', 'ec-p521', 'ec-p384', 'ec-p256'];

function tls13(signatureSchemes: readonly number[]): ClientHello {
  return { ...BASE, versions: ['TLSv1.3', 'TLSv1.2'], cipherSuites: [0x1301, 0xc02f], signatureSchemes, groups: [29] };
}

function tls12(signatureSchemes: readonly number[], groups: readonly number[] = [29, 23, 24], cipherSuites: readonly number[] = [0xc02b, 0xc02f]): ClientHello {
  return { ...BASE, versions: ['TLSv1.2'], cipherSuites, signatureSchemes, groups };
}

describe('TLS 1.3: the signature scheme names the key, its curve included', () => {
  test.each<[KeyType, number]>([
    ['ec-p256', 0x0403],
    ['ec-p384', 0x0503],
    ['ec-p521', 0x0603],
    ['ed25519', 0x0807],
    ['ed448', 0x0808],
    ['rsa', 0x0804],
    ['rsa', 0x0806],
    ['rsa-pss', 0x080a],
  ])('%s for 0x%s', (type, scheme) => {
    expect(chooseKeyType(tls13([scheme]), ALL)).toBe(type);
  });

  test('EC before Ed25519 before RSA, in whatever order the client has them', () => {
    expect(chooseKeyType(tls13([0x0804, 0x0807, 0x0503]), ALL)).toBe('ec-p384');
    expect(chooseKeyType(tls13([0x0804, 0x0807]), ALL)).toBe('ed25519');
    expect(chooseKeyType(tls13([0x0804, 0x0403]), ['rsa', 'ec-p384'])).toBe('rsa');
  });

  test('a signature of PKCS #1 is not enough', () => {
    expect(chooseKeyType(tls13([0x0401, 0x0807]), ['rsa', 'ed25519'])).toBe('ed25519');
  });
});

describe('TLS 1.2: EC needs the suite, the curve and a scheme', () => {
  test.each<[string, ClientHello, KeyType]>([
    ['all three', tls12([0x0403, 0x0401]), 'ec-p256'],
    ['a scheme with another hash', tls12([0x0603]), 'ec-p256'],
    ['another curve alone', tls12([0x0403], [24]), 'ec-p384'],
    ['no curve of ours', tls12([0x0403, 0x0804], [29]), 'rsa'],
    ['no suite', tls12([0x0403, 0x0401], [23], [0xc02f]), 'rsa'],
    ['no scheme', tls12([0x0401], [23]), 'rsa'],
    ['an EdDSA scheme with the suite', tls12([0x0807, 0x0401]), 'ed25519'],
    ['an EdDSA scheme without the suite', tls12([0x0807, 0x0401], [29], [0xc02f]), 'rsa'],
    ['RSA-PSS keys alone', tls12([0x0809], [29], [0xc02f]), 'rsa-pss'],
    ['a client without signature_algorithms', tls12([], [], [0x002f]), 'rsa'],
  ])('%s', (_what, hello, type) => {
    expect(chooseKeyType(hello, ALL)).toBe(type);
  });

  test('a server that stops at TLS 1.2 goes by these rules with newer clients too', () => {
    const hello = tls13([0x0403, 0x0804]);
    expect([chooseKeyType(hello, ['rsa', 'ec-p256']), chooseKeyType(hello, ['rsa', 'ec-p256'], 'TLSv1.2')]).toEqual(['ec-p256', 'rsa']);
  });
});

describe('the first one, for the engine to say what is wrong', () => {
  test.each<[string, ClientHello | undefined, readonly KeyType[], KeyType]>([
    ['without a hello', undefined, ['rsa', 'ec-p256'], 'rsa'],
    ['when nothing fits', tls13([0x0808]), ['ec-p384', 'rsa'], 'ec-p384'],
    ['when there is only one', tls13([0x0403]), ['rsa'], 'rsa'],
  ])('%s', (_what, hello, have, type) => {
    expect(chooseKeyType(hello, have)).toBe(type);
  });
});
