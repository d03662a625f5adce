import type { TLSSocket } from 'node:tls';
import { expect, test } from 'vitest';
import { tlsInfo } from './peer.ts';

/** An engine whose client asked for another name in its second ClientHello than in its first. */
const engine = {
  getCipher: () => ({ name: 'TLS_AES_128_GCM_SHA256', standardName: 'TLS_AES_128_GCM_SHA256', version: 'TLSv1.3' }),
  getProtocol: () => 'TLSv1.3',
  isSessionReused: () => false,
  alpnProtocol: false,
  servername: 'second.test',
} as unknown as TLSSocket;
const facts = { role: 'server', verification: [], chain: [], handshakeMs: 1, danger: undefined } as const;

test('the server name is the one by which the rules were chosen, whatever a second ClientHello says', () => {
  expect(tlsInfo(engine, { ...facts, asked: { serverName: 'first.test' } }).serverName).toBe('first.test');
  expect(tlsInfo(engine, { ...facts, asked: { serverName: undefined } }).serverName).toBeUndefined();
  expect(tlsInfo(engine, { ...facts, asked: undefined }).serverName).toBe('second.test');
});
