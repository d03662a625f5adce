import { X509Certificate } from 'node:crypto';
import type { Socket, TcpEndpoint } from '@sock/core';
import { upgradeConnector, upgradeListener } from '@sock/core';
import { listen, tcp } from '@sock/io';
import type { ClientSession, ClientSessionStore, TlsInfo } from '@sock/tls-context';
import { createClientContext, createServerContext, memorySessionStore, spkiPin, TLS_INFO } from '@sock/tls-context';
import type { Client } from './contestant.ts';
import { checkHandshake } from './contestant.ts';
import { SOCK_SERVICES } from './sock-services.ts';
import type { Carrier, HandshakeKind, Material } from './work.ts';

/** Serves handshakes of this repository's packages, with all that plain Node does not do: a ClientHello that is read first, sessions of its own. */
export async function listenForHandshakes(carrier: Carrier, { chain, key }: Material, shaken: (resumed: boolean) => void): Promise<number> {
  const plain = await listen('127.0.0.1:0');
  const listener = upgradeListener(plain, createServerContext({ cert: chain, key, ...version(carrier) }));
  void (async () => {
    for await (const socket of listener) {
      shaken(infoOf(socket).resumed);
      SOCK_SERVICES.echo(socket).catch((error: unknown) => socket.destroy(error));
    }
  })();
  return (plain.endpoint as TcpEndpoint).port;
}

/** A client whose steps are handshakes, with all that plain Node does not do: pins, sessions that are verified again. */
export async function connectForHandshakes(carrier: Carrier, port: number, { ca, chain }: Material, kind: HandshakeKind): Promise<Client> {
  const context = createClientContext({
    ca,
    serverName: 'localhost',
    pins: { sha256: [spkiPin(new X509Certificate(chain))], backup: [BACKUP_PIN] },
    sessions: { store: kind === 'full' ? forgetful() : generous() },
    ...version(carrier),
  });
  const connector = upgradeConnector(tcp(), context);
  let first = true;
  return {
    async run(_, count) {
      for (let step = 0; step < count; step += 1) {
        const socket = await connector.connect({ host: '127.0.0.1', port });
        checkHandshake(kind, first, infoOf(socket));
        first = false;
        await greet(socket);
      }
      return undefined;
    },
  };
}

/** What is done with each connection: a byte each way, and the end. */
export async function greet(socket: Socket): Promise<void> {
  await socket.send(BYTE);
  await socket.recvExactly(1);
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
