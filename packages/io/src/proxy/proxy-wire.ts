/** The first bytes of version 1. */
export const V1_START = 'PROXY ';
/** The longest line of version 1, with its CRLF. */
export const V1_BYTES = 107;
/** The first bytes of version 2: no protocol begins like that. */
export const V2_SIGNATURE: readonly number[] = [0x0d, 0x0a, 0x0d, 0x0a, 0x00, 0x0d, 0x0a, 0x51, 0x55, 0x49, 0x54, 0x0a];
/** Signature, version and command, family and protocol, length. */
export const V2_FIXED = 16;

/** Types of the fields of version 2 (section 2.2 of the specification). */
export const TLV = { alpn: 0x01, authority: 0x02, crc32c: 0x03, noop: 0x04, uniqueId: 0x05, ssl: 0x20, netns: 0x30 } as const;
/** Types of the fields inside {@link TLV}'s `ssl`. */
export const SSL_TLV = { version: 0x21, commonName: 0x22, cipher: 0x23, signatureAlgorithm: 0x24, keyAlgorithm: 0x25 } as const;
/** Bits of the first byte of `ssl`. */
export const SSL_CLIENT = { tls: 1, certOnConnection: 2, certOnSession: 4 } as const;

/**
 * CRC32c (Castagnoli, RFC 4960 appendix B) of a header whose checksum field counts as zeros.
 *
 * @param field - where the four bytes of that field begin
 */
export function headerChecksum(bytes: Uint8Array, field: number): number {
  let crc = 0xffff_ffff;
  for (const [index, byte] of bytes.entries()) {
    crc ^= index >= field && index < field + 4 ? 0 : byte;
    for (let bit = 0; bit < 8; bit += 1) crc = (crc >>> 1) ^ (crc & 1 ? 0x82f6_3b78 : 0);
  }
  return (crc ^ 0xffff_ffff) >>> 0;
}
