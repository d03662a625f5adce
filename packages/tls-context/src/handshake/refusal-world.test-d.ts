import type { Socket, UpgradedListener } from '@sock/core';
import { upgradeConnector, upgradeListener } from '@sock/core';
import type { Authority, IssuedCertificate } from '@sock/dev-certs';
import { createAuthority } from '@sock/dev-certs';
import { listen, tcp } from '@sock/io';
import type { ClientContextOptions, ServerContextOptions, TlsError } from '../index.ts';
import { createClientContext, createServerContext } from '../index.ts';

export const authority: Authority = createAuthority();
export const stranger: Authority = createAuthority({ name: 'A stranger' });
const issued: IssuedCertificate = authority.issue({ names: ['localhost'], ips: ['127.0.0.1'] });
export const VERSIONS = ['TLSv1.2', 'TLSv1.3'] as const;

export async function serve(options: Partial<ServerContextOptions> = {}): Promise<{ listener: UpgradedListener; errors: TlsError[]; port: number }> {
  const context = createServerContext({ cert: issued.chain, key: issued.key, ...options });
  const errors: TlsError[] = [];
  const below = await listen({ host: '127.0.0.1', port: 0 });
  const listener = upgradeListener(below, context, { onUpgradeError: (error) => errors.push(error as TlsError) });
  return { listener, errors, port: (listener.endpoint as { port: number }).port };
}

export function dial(port: number, options: ClientContextOptions = {}, timeout: number | string = '5s', host = 'localhost'): Promise<Socket> {
  const context = createClientContext({ ca: authority.ca, serverName: host, ...options });
  return upgradeConnector(tcp(), context).connect({ host: '127.0.0.1', port }, { timeout: timeout as '5s' });
}
