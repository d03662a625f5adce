/** What packages may weigh together, in bytes, minified and gzipped, when everything that they export is imported. */
export interface Budget {
  readonly names: readonly string[];
  readonly limit: number;
}

/**
 * TLS is to cost 14 KiB more, for those who want it; why the guard stands at 28: docs/decisions/013. Code of other packages is theirs to account
 * for. A socket is to weigh 12 KiB; why the guard stands at 13: docs/decisions/011.
 */
export const BUDGETS: readonly Budget[] = [
  { names: ['@sock/core', '@sock/io'], limit: 13 * 1024 },
  { names: ['@sock/tls-context'], limit: 28 * 1024 },
];
