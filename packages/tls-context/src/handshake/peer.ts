import type { X509Certificate } from 'node:crypto';
import type { TLSSocket } from 'node:tls';
import { peerOf } from '../session/bare-session.ts';
import type { ParsedChains } from '../session/parsed-chains.ts';
import { closedError } from '@sock/core';
import type { TlsInfo, VerificationStep } from '../info.ts';
import { optionFault } from '../material/option-fault.ts';
import type { TlsVersion } from '../tls-section.ts';

/**
 * The peer's chain, its own certificate first, up to the last one below a root; empty when it showed none. Not by `getPeerX509Certificate()`:
 * Node (20 to 24, measured) never frees the certificate that it gives, which is 5 KB for each connection.
 */
export function peerChain(tls: TLSSocket, parsed: ParsedChains): readonly X509Certificate[] {
  const ders: Uint8Array[] = [];
  // A root is its own issuer, and a peer that sends certificates in a circle must not hold us.
  const seen = new Set<Shown>();
  for (let next = tls.getPeerCertificate(true) as Shown | undefined; next?.raw !== undefined && !seen.has(next); next = next.issuerCertificate) {
    seen.add(next);
    ders.push(next.raw);
  }
  const chain = parsed.of(ders);
  // Node adds the root from what is trusted here when the peer has not sent it: nobody can tell the two apart.
  const last = chain.at(-1);
  return chain.length > 1 && last?.subject === last?.issuer ? chain.slice(0, -1) : chain;
}

/**
 * The peer's own certificate (DER) alone; `undefined` when it showed none, or the runtime has it not in the session. Not by `getPeerCertificate()`, which has
 * OpenSSL decode it for an object that nobody needs.
 */
export function peerLeaf(tls: TLSSocket): Uint8Array | undefined {
  const session = tls.getSession();
  return session && peerOf(session);
}

/** What of Node's objects is read. */
interface Shown {
  readonly raw?: Buffer;
  readonly issuerCertificate?: Shown;
}

/** What is known of a handshake that is over, beside what its engine tells. */
export interface HandshakeFacts {
  readonly role: 'client' | 'server';
  /** The name by which a server has chosen its rules; `undefined` when only the engine knows one. */
  readonly asked: { readonly serverName: string | undefined } | undefined;
  readonly verification: readonly VerificationStep[];
  readonly chain: readonly X509Certificate[];
  readonly handshakeMs: number;
  readonly danger: string | undefined;
}

/** The facts of a connection whose handshake is over. */
export function tlsInfo(tls: TLSSocket, { role, asked, verification, chain, handshakeMs, danger }: HandshakeFacts): TlsInfo {
  const { standardName, name } = tls.getCipher();
  return {
    role,
    state: 'complete',
    protocol: tls.getProtocol() as TlsVersion,
    cipher: standardName ?? name,
    alpn: typeof tls.alpnProtocol === 'string' ? tls.alpnProtocol : undefined,
    serverName: asked === undefined ? (typeof tls.servername === 'string' && tls.servername !== '' ? tls.servername : undefined) : asked.serverName,
    resumed: tls.isSessionReused(),
    verified: verification.some(({ step, outcome }) => step === 'chain' && outcome === 'ok'),
    verification,
    peerCertificate: chain[0],
    peerChain: chain,
    handshakeMs,
    danger,
    exportKeyingMaterial: (length, label, context) => exported(tls, length, label, context),
  };
}

function exported(tls: TLSSocket, length: number, label: string, context: Uint8Array | undefined): Uint8Array {
  if (tls.destroyed) throw closedError('recv', 'the secure connection is gone, and its keys with it', undefined);
  if (typeof tls.exportKeyingMaterial !== 'function') throw optionFault('exportKeyingMaterial', 'this runtime exports no keying material (tlsCapabilities of @sock/tls-context/capabilities tells what it can)');
  // Node takes "no context" only as an argument that is left out.
  return context === undefined ? (tls.exportKeyingMaterial as (length: number, label: string) => Buffer).call(tls, length, label) : tls.exportKeyingMaterial(length, label, Buffer.from(context));
}
