import type { SpawnedPeer } from '@sock/testkit';
import type { Certificates } from './certificates.ts';
import { gnutlsPriority } from './dialling-programs.ts';
import { freePort } from './free-port.ts';
import type { Version } from './matrix.ts';
import { startProgram } from './started-program.ts';

/** What a program is told about the clients that it is to serve. */
export interface Post {
  readonly version: Version;
  readonly certificates: Certificates;
  /** Whether it takes clients with a good certificate only. */
  readonly mutual: boolean;
}

/** A TLS server that somebody else wrote. */
export interface ServingProgram {
  readonly name: string;
  /** Resolves when it listens. */
  serve(post: Post): Promise<{ readonly peer: SpawnedPeer; readonly port: number }>;
  /** What comes back for `abcdef\n`. */
  readonly echo: string;
  /** What it prints about the version. */
  readonly spoke: (version: Version) => RegExp;
  /** What it prints about a client certificate: whose it is, and that it is good. */
  readonly accepts: readonly RegExp[];
  /** What it prints about the `close_notify` of either side. */
  readonly notified: { readonly received: RegExp; readonly sent: RegExp };
  /** The alerts, by the names of RFC 8446 section 6, with which it refuses a client without a certificate, and one with a stranger's. */
  readonly alerts: { readonly missing: Readonly<Record<Version, string>>; readonly stranger: string };
  /** Whether it goes when its one client has gone; else it is stopped. */
  readonly endsByItself: boolean;
}

const SSERVER: ServingProgram = {
  name: 'openssl s_server',
  serve: async ({ version, certificates: { file }, mutual }) => {
    const peer = startProgram('openssl', [
      's_server', '-accept', '127.0.0.1:0', '-naccept', '1', version === '1.2' ? '-tls1_2' : '-tls1_3', '-msg', '-rev',
      '-cert', file('server.pem'), '-cert_chain', file('above.pem'), '-key', file('server.key'),
      ...(mutual ? ['-Verify', '2', '-verify_return_error', '-CAfile', file('ca.pem'), '-no-CApath', '-no-CAstore'] : []),
    ]);
    const [, port] = await peer.line(/^ACCEPT .*:(\d+)$/);
    return { peer, port: Number(port) };
  },
  echo: 'fedcba\n',
  spoke: (version) => new RegExp(`^Protocol version: TLSv${version}$`),
  accepts: [/^Peer certificate: CN = worker$/, /^Verification: OK$/],
  notified: { received: /^<<< .*close_notify$/, sent: /^>>> .*close_notify$/ },
  alerts: { missing: { '1.2': 'handshake_failure', '1.3': 'certificate_required' }, stranger: 'unknown_ca' },
  endsByItself: true,
};

const GNUTLS: ServingProgram = {
  name: 'gnutls-serv',
  serve: async ({ version, certificates: { file }, mutual }) => {
    // It tells no one which port it got for port 0, so it is given a free one, which somebody else may be faster to take.
    for (let attempt = 1; ; attempt += 1) {
      const port = await freePort();
      const peer = startProgram('gnutls-serv', [
        '--echo', '-p', String(port), '--priority', gnutlsPriority(version), '-d', '5', '--x509certfile', file('server.pem'), '--x509keyfile', file('server.key'),
        ...(mutual ? ['--require-client-cert', '--verify-client-cert', '--x509cafile', file('ca.pem')] : ['--disable-client-cert']),
      ]);
      const [, how] = await peer.line(/listening on IPv4 .*\.\.\.(done|\w+\(\) failed)/);
      if (how === 'done') return { peer, port };
      await peer.stop();
      if (attempt === 5) throw new Error(`gnutls-serv cannot listen:\n${peer.output}`);
    }
  },
  echo: 'abcdef\n',
  spoke: (version) => new RegExp(`^- Description: \\(TLS${version}-`),
  accepts: [/^\tSubject: CN=worker$/, /^- Status: The certificate is trusted\.\s*$/],
  notified: { received: /Close notify - was received/, sent: /Sending Alert\[1\|0\] - Close notify/ },
  // Alerts are a matter of taste: RFC 5246 section 7.4.6 has handshake_failure for the first, section 7.2.2 has unknown_ca for the last.
  alerts: { missing: { '1.2': 'decode_error', '1.3': 'certificate_required' }, stranger: 'access_denied' },
  endsByItself: false,
};

/** The servers of the matrix. */
export const SERVING_PROGRAMS: readonly ServingProgram[] = [SSERVER, GNUTLS];
