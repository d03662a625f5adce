/** What packages may weigh together, in bytes, minified and gzipped. */
export interface Budget {
  readonly names: readonly string[];
  /** What a program imports of them. Default: **everything that they export** */
  readonly imports?: readonly string[];
  readonly limit: number;
}

/**
 * TLS is to cost 14 KiB more, for those who want it; why the guards stand where they do: docs/decisions/013. Code of other packages is theirs to
 * account for. A socket is to weigh 12 KiB; why the guard stands higher: docs/decisions/011.
 */
export const BUDGETS: readonly Budget[] = [
  { names: ['@sock/core', '@sock/io'], limit: 17 * 1024 },
  { names: ['@sock/tls-context'], imports: ['createClientContext', 'TLS_INFO'], limit: 22.75 * 1024 },
  { names: ['@sock/tls-context'], imports: ['createServerContext', 'TLS_INFO'], limit: 28.25 * 1024 },
  { names: ['@sock/tls-context'], limit: 31.75 * 1024 },
];
