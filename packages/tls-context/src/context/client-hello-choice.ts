import type { Endpoint } from '@sock/core';
import { at } from '@sock/core';
import { thrown, TlsError } from '../errors.ts';
import type { Refusal } from '../hello/alert.ts';
import type { ClientHello } from '../hello/client-hello.ts';
import type { ServerContext } from './server-context.ts';

/** What a client says of itself before the server answers. None of it is verified. */
export interface HelloFacts {
  /** The server name that it asks for, in lower case and without a closing dot. */
  readonly serverName: string | undefined;
  /** The application protocols that it offers. */
  readonly alpn: readonly string[];
  /** The versions of TLS that it offers. */
  readonly versions: readonly string[];
  readonly remote: Endpoint | undefined;
}

/** The answer to a ClientHello: another context, this one (`undefined`), or a refusal by an alert. */
export type HelloAnswer = ServerContext | undefined | { readonly refuse: Refusal };

/** The facts of a hello that the program sees. */
export function helloFacts(hello: ClientHello, remote: Endpoint | undefined): HelloFacts {
  const { alpn, versions } = hello;
  return { serverName: withoutDot(hello.serverName), alpn, versions, remote };
}

/** No client should send the dot (RFC 6066, section 3), and certificates are chosen without it: whoever compares names must not be got past by it. */
export function withoutDot(serverName: string | undefined): string | undefined {
  return serverName?.replace(/\.$/, '');
}

/**
 * `ERR_SOCK_TLS_HELLO_REFUSED`: by the program's decision, or because its decision failed.
 *
 * @param cause - what the program's function threw; `undefined` when it decided so
 * @param asked - the option that holds the function
 */
export function helloRefused({ serverName, remote }: HelloFacts, alert: Refusal, cause?: unknown, asked: 'onClientHello' | 'alpn' = 'onClientHello'): TlsError<'ERR_SOCK_TLS_HELLO_REFUSED'> {
  const name = serverName === undefined ? 'no server name' : `the server name "${serverName.slice(0, 253)}"`;
  const why = cause === undefined ? `${asked} refused it` : `the function in ${asked} failed (${thrown(cause)})`;
  return new TlsError('ERR_SOCK_TLS_HELLO_REFUSED', `the client${at('at', remote)} sent ${name}: ${why}; it was told "${alert}"`, {
    kind: 'handshake', phase: 'handshake', category: 'protocol', endpoint: remote, alert: undefined, cause,
  });
}

/** `ERR_SOCK_TLS_HELLO_REFUSED`: a hello that could not be read, so that nothing can be decided by it. */
export function unreadHello(remote: Endpoint | undefined): TlsError<'ERR_SOCK_TLS_HELLO_REFUSED'> {
  return new TlsError('ERR_SOCK_TLS_HELLO_REFUSED', `the client${at('at', remote)} sent a ClientHello that cannot be read here (too long, or its extensions contradict each other), so that neither its name nor its rules are known; is it a client at all?`, {
    kind: 'handshake', phase: 'handshake', category: 'protocol', endpoint: remote,
  });
}

/** `ERR_SOCK_TLS_UNKNOWN_NAME`: no certificate is for the name, and unknown names are refused. */
export function unknownName(serverName: string | undefined, remote: Endpoint | undefined): TlsError<'ERR_SOCK_TLS_UNKNOWN_NAME'> {
  const asked = serverName === undefined ? 'sent no server name' : `asked for "${serverName.slice(0, 253)}"`;
  return new TlsError('ERR_SOCK_TLS_UNKNOWN_NAME', `the client${at('at', remote)} ${asked}, and no certificate here is for it; add one, or let unknownName be "default"`, {
    kind: 'handshake', phase: 'handshake', category: 'protocol', endpoint: remote,
  });
}
