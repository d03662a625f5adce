import type { SpawnedPeer } from '@sock/testkit';
import type { Certificates } from './certificates.ts';
import type { Version } from './matrix.ts';
import { startProgram } from './started-program.ts';

/** What a program is told about the connection that it is to make. */
export interface Errand {
  readonly port: number;
  readonly version: Version;
  readonly certificates: Certificates;
  /** Whose certificate it shows. Default: **nobody's** */
  readonly show?: 'client' | 'stranger' | undefined;
  /** Whom it must find. Default: **`localhost`**, which is right */
  readonly name?: string | undefined;
  /** Whom it trusts. Default: **`ca.pem`**, which is right */
  readonly trusts?: 'ca.pem' | 'stranger-ca.pem' | undefined;
}

/** A TLS client that somebody else wrote. It verifies chain and name by itself, and ends with a code above 0 when they are not good. */
export interface DiallingProgram {
  readonly name: string;
  dial(errand: Errand): SpawnedPeer;
  /** Has it send the line `from the program`; curl does so with its request. */
  speak(peer: SpawnedPeer): void;
  /** Has it end the connection first. A program without this answers our `close_notify` with its own; gnutls-cli just goes. */
  readonly leave?: (peer: SpawnedPeer) => void;
  /** The bytes that make it print the line `from sock`. */
  readonly answer: string;
  /** What it prints when it has verified chain and name. */
  readonly trusts: readonly RegExp[];
  /** What it prints about the version. */
  readonly spoke: (version: Version) => RegExp;
  /** What it prints when it was asked for a certificate and has shown one. */
  readonly showed: RegExp;
  /** What it prints about the `close_notify` of either side. */
  readonly notified: { readonly received: RegExp; readonly sent: RegExp };
  /** What it prints when it refuses the server's certificate. */
  readonly refuses: { readonly name: RegExp; readonly authority: RegExp };
}

const LINE = 'from the program\n';

const SCLIENT: DiallingProgram = {
  name: 'openssl s_client',
  dial: ({ port, version, certificates: { file }, show, name = 'localhost', trusts = 'ca.pem' }) =>
    startProgram('openssl', [
      's_client', '-connect', `127.0.0.1:${port}`, '-servername', 'localhost', version === '1.2' ? '-tls1_2' : '-tls1_3', '-brief', '-msg',
      '-CAfile', file(trusts), '-no-CApath', '-no-CAstore', '-verify_return_error', '-verify_hostname', name,
      ...(show === undefined ? [] : ['-cert', file(`${show}.pem`), '-key', file('client.key')]),
      ...(show === 'client' ? ['-cert_chain', file('above.pem')] : []),
    ]),
  speak: (peer) => peer.write(LINE),
  answer: 'from sock\n',
  trusts: [/^Verification: OK$/m, /^Verified peername: localhost$/m],
  spoke: (version) => new RegExp(`^Protocol version: TLSv${version}$`, 'm'),
  showed: /^>>> .*CertificateVerify$/m,
  notified: { received: /^<<< .*close_notify$/m, sent: /^>>> .*close_notify$/m },
  refuses: { name: /hostname mismatch/i, authority: /unable to get (?:local )?issuer certificate|self-signed certificate in certificate chain/i },
};

const CURL: DiallingProgram = {
  name: 'curl',
  dial: ({ port, version, certificates: { file }, show, name = 'localhost', trusts = 'ca.pem' }) =>
    startProgram('curl', [
      '-sSvN', '--http1.1', '--noproxy', '*', '--resolve', `${name}:${port}:127.0.0.1`, '--cacert', file(trusts), `--tlsv${version}`, '--tls-max', version,
      ...(show === undefined ? [] : ['--cert', file(`${show}.pem`), '--key', file('client.key')]), '--data-binary', LINE, `https://${name}:${port}/`,
    ]),
  speak: () => {},
  // Without a length the body ends with the connection, so that curl needs our close_notify to know that it has all of it.
  answer: 'HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nfrom sock\n',
  trusts: [/SSL certificate verify ok\.$/m, /subjectAltName: host "localhost" matched/],
  spoke: (version) => new RegExp(`SSL connection using TLSv${version} /`),
  showed: /\(OUT\), TLS handshake, CERT verify/,
  notified: { received: /\(IN\), TLS alert, close notify/, sent: /\(OUT\), TLS alert, close notify/ },
  refuses: { name: /no alternative certificate subject name matches/, authority: /SSL certificate problem: (?:unable to get local issuer|self-signed) certificate/ },
};

/** Types one line into the program that it runs; another one ends the program's standard input, which is how gnutls-cli is told to leave. */
const TYPIST = '{ IFS= read -r line; printf "%s\\n" "$line"; IFS= read -r line; } | "$@"';

const GNUTLS: DiallingProgram = {
  name: 'gnutls-cli',
  dial: ({ port, version, certificates: { file }, show, name = 'localhost', trusts = 'ca.pem' }) =>
    startProgram('sh', [
      '-c', TYPIST, 'sh', 'gnutls-cli', '127.0.0.1', '-p', String(port), '--sni-hostname', 'localhost', '--verify-hostname', name, '--x509cafile', file(trusts),
      '--priority', gnutlsPriority(version), '-d', '5',
      ...(show === undefined ? [] : ['--x509certfile', file(`${show}.pem`), '--x509keyfile', file('client.key')]),
    ]),
  speak: (peer) => peer.write(LINE),
  leave: (peer) => peer.write('\n'),
  answer: 'from sock\n',
  trusts: [/^- Status: The certificate is trusted\.\s*$/m],
  spoke: (version) => new RegExp(`^- Description: \\(TLS${version}-`, 'm'),
  showed: /^- Successfully sent [12] certificate\(s\) to server\.$/m,
  notified: { received: /Close notify - was received/, sent: /Sending Alert\[1\|0\] - Close notify/ },
  refuses: { name: /The name in the certificate does not match the expected/, authority: /The certificate issuer is unknown/ },
};

/** The clients of the matrix. */
export const DIALLING_PROGRAMS: readonly DiallingProgram[] = [SCLIENT, CURL, GNUTLS];

/** The defaults of GnuTLS with one version only. */
export function gnutlsPriority(version: Version): string {
  return `NORMAL:-VERS-ALL:+VERS-TLS${version}`;
}
