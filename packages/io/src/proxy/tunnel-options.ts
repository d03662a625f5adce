import type { DurationField, Optional, StringField } from '@sock/config';
import { duration, string } from '@sock/config';
import type { Connector } from '@sock/core';
import { SocketError } from '@sock/core';
import { shortDigest } from './sha256.ts';

/** What every kind of tunnel takes. */
export interface TunnelFields {
  /** Time for the proxy to open the tunnel. **60 s**, 1 ms to 10 min. Why: it dials the target itself, and may take as long for it as `connect` does. */
  readonly handshakeTimeout: DurationField;
  readonly username: Optional<StringField>;
  readonly password: Optional<StringField>;
}

/** The fields of {@link TunnelFields}. */
/* @__NO_SIDE_EFFECTS__ */
export function tunnelFields(): TunnelFields {
  return {
    handshakeTimeout: duration({ default: '60s', min: '1ms', max: '10m', doc: 'Time for the proxy to open the tunnel' }),
    username: string({ secret: true, minLength: 0, doc: 'User at the proxy' }),
    password: string({ secret: true, minLength: 0, doc: 'Password at the proxy' }),
  };
}

/** Names secrets in a connection key without showing them; nothing for none. JSON keeps `["a","bc"]` and `["ab","c"]` apart. */
export function identityOf(secrets: readonly unknown[]): string {
  return secrets.every((secret) => secret === undefined) ? '' : shortDigest(JSON.stringify(secrets));
}

/** @throws `ERR_SOCK_ARGUMENT` for what cannot dial */
export function checkConnector(where: string, connector: unknown): void {
  if (typeof (connector as Partial<Connector> | null | undefined)?.connect !== 'function') throw optionFault(where, 'connector', 'is none: give tcp(), or another tunnel');
}

/** @throws `ERR_SOCK_ARGUMENT` for options that are no object */
export function checkObject(where: string, options: unknown): void {
  if (typeof options !== 'object' || options === null) throw optionFault(where, 'options', 'are no object');
}

/** `ERR_SOCK_ARGUMENT`: an option of `where` that makes no sense. Values are not shown: they may be secret. */
export function optionFault(where: string, option: string, why: string): SocketError<'ERR_SOCK_ARGUMENT'> {
  return new SocketError('ERR_SOCK_ARGUMENT', `${where}: ${option} ${why}`, { phase: 'config', category: 'usage' });
}
