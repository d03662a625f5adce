/** A passphrase in the two forms in which PKCS#12 files take it. */
export interface Passphrase {
  /** For PBKDF2: UTF-8. */
  readonly utf8: Buffer;
  /** For the derivation of RFC 7292, appendix B.1: UTF-16, big-endian, with a zero at its end. */
  readonly bmp: Buffer;
}

/**
 * The forms to try. No passphrase and an empty one mean the same to people, but programs write two kinds of file for it: with the zero
 * at the end, and with nothing at all.
 */
export function passphraseForms(text: string | undefined): Passphrase[] {
  const zero = Buffer.alloc(2);
  if (text === undefined || text === '') return [{ utf8: Buffer.alloc(0), bmp: zero }, { utf8: Buffer.alloc(0), bmp: Buffer.alloc(0) }];
  return [{ utf8: Buffer.from(text, 'utf8'), bmp: Buffer.concat([Buffer.from(text, 'utf16le').swap16(), zero]) }];
}
