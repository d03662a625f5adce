/**
 * Says what a peer seems to speak whose first bytes are no TLS, and what to do: `speaks plain HTTP; …`.
 *
 * @param first - the first bytes, as many as came; 16 are looked at
 * @param maxText - longest text of the peer's in the answer, in characters
 */
export function plainProtocol(first: Uint8Array, maxText: number): string {
  const text = String.fromCharCode(...first.subarray(0, SHOWN));
  const words = GREETINGS.find(({ pattern }) => pattern.test(text))?.words ?? NOT_TLS_WORDS;
  return `${words} (its first bytes: ${shown(first.subarray(0, SHOWN), text).slice(0, maxText)})`;
}

/** What is said of a peer of which no more is known than that its bytes are no TLS. */
export const NOT_TLS_WORDS = 'does not speak TLS; is this a TLS port, or should the connection be upgraded first (STARTTLS)?';

/** What is said of a client that speaks HTTP where TLS is served. */
export const PLAIN_HTTP_WORDS = 'speaks plain HTTP; it must connect with https, or this port must not be TLS';

const SHOWN = 16;

const GREETINGS: readonly { readonly pattern: RegExp; readonly words: string }[] = [
  {
    pattern: /^(?:GET|POST|HEAD|PUT|DELETE|OPTIONS|PATCH|TRACE|CONNECT|PRI) /,
    words: PLAIN_HTTP_WORDS,
  },
  { pattern: /^SSH-/, words: 'speaks SSH; it has the wrong port, or the port the wrong service' },
  { pattern: /^(?:EHLO|HELO|LHLO|MAIL|STARTTLS)\b/i, words: 'speaks plain SMTP; it must use TLS from the start on this port, or the connection be upgraded after STARTTLS' },
  {
    pattern: /^(?:PROXY |\r\n\r\n\0\r\nQUIT\n)/,
    words: 'is a proxy that sends a PROXY protocol header; read the header before the upgrade, or switch it off at the proxy',
  },
];

/** Quoted when it is text. The bytes come from a stranger and go into a log: no control character passes. */
function shown(first: Uint8Array, text: string): string {
  if (/^[\x20-\x7e\r\n\t]+$/.test(text)) return JSON.stringify(text);
  return [...first].map((byte) => byte.toString(16).padStart(2, '0')).join(' ');
}
