/** What a context may be told not to insist on. Each weakens it in one way. */
export type WaivedRule =
  /** A peer's chain is accepted whatever is wrong with it: unknown issuer, expired, self-signed. */
  | 'untrusted-chain'
  /** A server's name is not checked, and a client starts without knowing whom to expect. */
  | 'any-name'
  /** Cipher suites and signature algorithms that are known to be weak may stand in the lists. */
  | 'weak-ciphers'
  /** This side's own certificate may be expired, not yet valid, badly ordered, or for other names. */
  | 'own-certificate';

/** What weakens a context, and why; only `danger()` of `@sock/tls-context/danger` makes one. */
export interface Danger {
  readonly reason: string;
  readonly allow: ReadonlySet<WaivedRule>;
  /** Takes each line of the key log of each connection. */
  readonly keyLog: ((line: Uint8Array) => void) | undefined;
  readonly [DANGER]: true;
}

/** Marks the values that `danger()` made; registered, so that two installed copies agree. */
export const DANGER: unique symbol = /*#__PURE__*/ Symbol.for('sock.tls.danger');

/** Whether the context was told to let `rule` pass. */
export function waives(danger: Danger | undefined, rule: WaivedRule): boolean {
  return danger?.[DANGER] === true && danger.allow.has(rule);
}
