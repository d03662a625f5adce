/** What packages may weigh together, in bytes, minified and gzipped, when everything that they export is imported. */
export interface Budget {
  readonly names: readonly string[];
  readonly limit: number;
}

/** A socket costs 12 KiB, and TLS 14 KiB more for those who want it. Code of other packages is theirs to account for. */
export const BUDGETS: readonly Budget[] = [
  { names: ['@sock/core', '@sock/io'], limit: 12 * 1024 },
  { names: ['@sock/tls-context'], limit: 14 * 1024 },
];
