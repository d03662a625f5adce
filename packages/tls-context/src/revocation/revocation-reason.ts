/** Reasons by their number (RFC 5280 section 5.3.1), in words. */
const REASONS: Readonly<Record<number, string>> = {
  0: 'unspecified reason',
  1: 'key compromise',
  2: 'compromise of the authority',
  3: 'affiliation changed',
  4: 'superseded',
  5: 'cessation of operation',
  6: 'on hold',
  8: 'removed from the list',
  9: 'privilege withdrawn',
  10: 'compromise of the attribute authority',
};

/** What takes a certificate off a list again: it is not revoked. */
export const REMOVE_FROM_CRL = 8;

/** The words for a reason; without one nobody gave any. */
export function reasonInWords(reason: number | undefined): string {
  if (reason === undefined) return 'no reason given';
  return REASONS[reason] ?? `reason ${reason}`;
}
