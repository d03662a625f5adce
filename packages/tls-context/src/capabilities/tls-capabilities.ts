import * as tls from 'node:tls';
import type { Capability } from '@sock/core';
import { heeds, openssl } from '../material/name-list.ts';
import { engineMethods, runtimeName } from './runtime.ts';

/** What TLS can do here. Each entry tells why, and what happens instead where it cannot: see {@link tlsCapabilities}. */
export interface TlsCapabilities {
  /** A connection over whatever carries bytes in order: TCP, a Unix socket, memory, a proxy's tunnel, TLS itself. */
  readonly anyTransport: Capability;
  /** Whether the engine tells what it found in the peer's chain; no peer is trusted without. */
  readonly chainVerdict: Capability;
  /** Looking at a ClientHello before anything is chosen: `onClientHello`, `certificates`, `peekProtocol`. */
  readonly clientHelloChoice: Capability;
  /** The option `ciphers`. */
  readonly cipherSuiteChoice: Capability;
  /** The option `groups`. */
  readonly groupChoice: Capability;
  /** The option `signatureAlgorithms`. */
  readonly signatureAlgorithmChoice: Capability;
  /** A key exchange that a quantum computer does not break: X25519MLKEM768. */
  readonly postQuantumGroups: Capability;
  /** Resumption by a client. */
  readonly clientSessions: Capability;
  /** Resumption of a server's sessions by tickets (RFC 5077, RFC 8446 section 4.6.1). */
  readonly serverTickets: Capability;
  /** Resumption of a server's sessions by their id (RFC 5246, section 7.3), for clients of TLS 1.2 that take no tickets. */
  readonly serverSessionIds: Capability;
  /** A server that sends an OCSP response: the option `staple` (RFC 6066, section 8). */
  readonly serverStapling: Capability;
  /** A client that asks for an OCSP response: the option `ocsp`. */
  readonly clientStapling: Capability;
  /** `TlsInfo.exportKeyingMaterial`. */
  readonly exportKeyingMaterial: Capability;
  /** The store of the operating system as the system itself gives it: `ca: 'system'`. */
  readonly systemStore: Capability;
  /** Telling a peer's own end of TLS (`close_notify`) from a connection that was cut off. */
  readonly closeNotifyDetection: Capability;
  /** An alert that tells a client why its certificate was refused. */
  readonly alertOnRefusedCertificate: Capability;
  /** New keys for a connection when a program asks for them (RFC 8446, section 4.6.3). */
  readonly keyUpdate: Capability;
  /** 0-RTT (RFC 8446, section 2.3). */
  readonly earlyData: Capability;
  /** RFC 9849. */
  readonly encryptedClientHello: Capability;
  /** RFC 8879. */
  readonly certificateCompression: Capability;
  /** RFC 6962. */
  readonly certificateTransparency: Capability;
  /** RFC 7250. */
  readonly rawPublicKeys: Capability;
  /** Encryption by the kernel, and with it sendfile and splice under TLS. */
  readonly kernelTls: Capability;
  /** TLS over datagrams (RFC 9147). */
  readonly dtls: Capability;
}

/**
 * Tells what TLS can do on this runtime, by looking for what it has: some milliseconds of work at each call, so keep the answer. What is missing
 * has one of two consequences, and the reason tells which: the option that needs it is refused, or the connection does without.
 *
 * @example
 * ```ts
 * for (const [name, { available, reason }] of Object.entries(tlsCapabilities())) console.log(available ? '+' : '-', name, reason);
 * ```
 */
export function tlsCapabilities(): TlsCapabilities {
  const runtime = runtimeName();
  const has = engineMethods();
  const { deno, openssl: version } = process.versions;
  const groups = heeds('ecdhCurve');
  const passedOver = (option: string): string => `${runtime} passes over such a list and chooses by itself: the option ${option} is refused`;
  return {
    anyTransport: tell(deno === undefined, 'TLS runs over every socket of this library', `in ${runtime} no handshake of a server ends (seen with 2.9.6): run servers on Node`),
    // Deno answers with text, of which nothing is known to mean "good" in the next version.
    chainVerdict: tell(has('verifyError') && deno === undefined, 'read from the engine before the program gets the connection', `${runtime} does not tell it as Node does: every peer is refused`),
    clientHelloChoice: yes('the first bytes are read here, and the engine gets them unchanged'),
    cipherSuiteChoice: tell(heeds('ciphers'), 'an unknown or weak suite is refused when the context is made', passedOver('ciphers, with suites of TLS 1.3,')),
    groupChoice: tell(groups, 'an unknown group is refused when the context is made', passedOver('groups')),
    signatureAlgorithmChoice: tell(heeds('sigalgs'), 'an unknown or weak scheme is refused when the context is made', passedOver('signatureAlgorithms')),
    postQuantumGroups: tell(
      groups && openssl({ ecdhCurve: 'X25519MLKEM768' }) === undefined,
      'X25519MLKEM768 is the first of the groups when none are given',
      `OpenSSL ${version} of ${runtime} does not have X25519MLKEM768, or does not let it be chosen: use Node 24.5 or later, with OpenSSL 3.5`,
    ),
    clientSessions: tell(deno === undefined, 'tickets and session ids: the option sessions', `no server is accepted in ${runtime}: see chainVerdict`),
    serverTickets: tell(deno === undefined, 'the option sessions', `no handshake of a server ends in ${runtime}: see anyTransport`),
    serverSessionIds: tell(has('loadSession') && has('newSessionDone'), 'the option sessions.ids', `${runtime} keeps no sessions by id: clients of TLS 1.2 without tickets have a full handshake each time`),
    serverStapling: tell(has('setOCSPResponse'), 'the option staple', `${runtime} sends no staple, whatever stapler a server has: clients that demand one refuse it`),
    clientStapling: tell(has('requestOCSP'), 'the check of OCSP asks for it', `${runtime} does not hand a staple over: for the check of OCSP no server has one, and its policy decides`),
    exportKeyingMaterial: tell(typeof tls.TLSSocket.prototype.exportKeyingMaterial === 'function', 'RFC 5705 and RFC 9266, by TlsInfo', `${runtime} has no call for it: that of TlsInfo throws`),
    systemStore: tell(
      'getCACertificates' in tls,
      'asked of the runtime',
      `${runtime} cannot ask the system (Node 22.15 can): ca "system" means the file in SSL_CERT_FILE or the usual bundle files, and is refused where there is none, as on Windows`,
    ),
    closeNotifyDetection: no('node:tls ends a stream in the same way for both: let the protocol above tell where a message ends'),
    alertOnRefusedCertificate: no('a client without a certificate gets an alert; one whose certificate is refused sees the connection end, because node:tls has no call that sends an alert'),
    keyUpdate: no('node:tls has no call for it, and answers a peer that asks: open another connection to have new keys'),
    earlyData: no('node:tls neither sends nor takes it, so that nothing can be replayed: resume sessions, which saves the certificates'),
    encryptedClientHello: no('node:tls has no option for it: whoever watches the network reads the server name that a client asks for'),
    certificateCompression: no('this library does not ask for it: keep chains short and take elliptic keys'),
    certificateTransparency: no('node:tls neither asks for timestamps nor hands them over: pins, or authorities of your own, say who may issue'),
    rawPublicKeys: no('node:tls knows certificates alone: trust a self-signed one as ca, or pin its key'),
    kernelTls: no('node:tls encrypts in the process, so that the kernel cannot send a file: sendAll() reads it and sends it'),
    dtls: no('node:tls works on streams alone: use TCP'),
  };
}

function tell(available: boolean, how: string, whyNot: string): Capability {
  return available ? yes(how) : no(whyNot);
}

function yes(reason: string): Capability {
  return { available: true, reason };
}

function no(reason: string): Capability {
  return { available: false, reason };
}
