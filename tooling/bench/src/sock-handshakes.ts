import { X509Certificate } from 'node:crypto';
import type { Socket, TcpEndpoint } from '@sock/core';
import { upgradeConnector, upgradeListener } from '@sock/core';
import { listen, tcp } from '@sock/io';
import type { ClientSession, ClientSessionStore, TlsInfo } from '@sock/tls-context';
import { createClientContext, createServerContext, memorySessionStore, spkiPin, TLS_INFO } from '@sock/tls-context';
import type { Carrier, Client, Contestant } from './contestant.ts';
import { checkHandshake } from './contestant.ts';

/** Handshakes of this repository's packages, with all that plain Node does not do: pins, sessions that are verified again, a ClientHello that is read first. */
export const sockHandshakes: Pick<Contestant, 'listenForHandshakes' | 'handshakes'> = {
  async listenForHandshakes(carrier, { chain, key }, shaken) {
    const plain = await listen('127.0.0.1:0');
    const listener = upgradeListener(plain, createServerContext({ cert: chain, key, ...version(carrier) }));
    void (async () => {
      for await (const socket of listener) {
        shaken(infoOf(socket).resumed);
        echo(socket).catch((error: unknown) => socket.destroy(error));
      }
    })();
    return (plain.endpoint as TcpEndpoint).port;
  },
  async handshakes(carrier, port, { ca, chain }, work) {
    const context = createClientContext({
      ca,
      serverName: 'localhost',
      pins: { sha256: [spkiPin(new X509Certificate(chain))], backup: [BACKUP_PIN] },
      sessions: { store: work === 'full' ? forgetful() : generous() },
      ...version(carrier),
    });
    const connector = upgradeConnector(tcp(), context);
    let first = true;
    return {
      async run(_, count) {
        for (let step = 0; step < count; step += 1) {
          const socket = await connector.connect({ host: '127.0.0.1', port });
          checkHandshake(work, first, infoOf(socket));
          first = false;
          await socket.send(BYTE);
          await socket.recvExactly(1);
          await socket.close();
        }
        return undefined;
      },
      close: async () => {},
    } satisfies Client;
  },
};

async function echo(socket: Socket): Promise<void> {
  for await (const chunk of socket) await socket.send(chunk, { owned: true });
  await socket.close();
}

function infoOf(socket: Socket): TlsInfo {
  const info = socket.get(TLS_INFO);
  if (info === undefined) throw new Error('a connection without TLS');
  return info;
}

function version(carrier: Carrier): { readonly maxVersion?: 'TLSv1.2' } {
  return carrier === 'tls12' ? { maxVersion: 'TLSv1.2' } : {};
}

/** Takes what it is given, and hands nothing out: each handshake is a full one, with all the work for sessions. */
function forgetful(): ClientSessionStore {
  return { ...memorySessionStore(), take: () => undefined };
}

/**
 * Hands a ticket out again and again, as programs with plain Node do. The store in memory hands one out once (RFC 8446, appendix C.4), and as servers of
 * Node give none on a resumed connection, every third handshake would be a full one.
 */
function generous(): ClientSessionStore {
  const sessions = new Map<string, ClientSession>();
  return { take: (key) => sessions.get(key), put: (key, session) => void sessions.set(key, session), forget: (key) => void sessions.delete(key) };
}

const BYTE: Uint8Array = /*#__PURE__*/ new Uint8Array(1);
/** Of no key. */
const BACKUP_PIN = 'AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=';
