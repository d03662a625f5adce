/**
 * Says what a peer seems to speak whose first bytes are no TLS, and what to do: `speaks plain HTTP; …`.
 *
 * @param first - the first bytes, as many as came; 16 are looked at
 * @param maxText - longest text of the peer's in the answer, in characters
 */
export function plainProtocol(first: Uint8Array, maxText: number): string {
  const text = String.fromCharCode(...first.subarray(0, SHOWN));
  const words = GREETINGS.find(({ pattern }) => pattern.test(text))?.words ?? 'does not speak TLS; is this a TLS port, or should the connection be upgraded first (STARTTLS)?';
  return `${words} (its first bytes: ${shown(first.subarray(0, SHOWN), text).slice(0, maxText)})`;
}

const SHOWN = 16;

const GREETINGS: readonly { readonly pattern: RegExp; readonly words: string }[] = [
  {
    pattern: /^(?:GET|POST|HEAD|PUT|DELETE|OPTIONS|PATCH|TRACE|CONNECT|PRI) /,
    words: 'speaks plain HTTP; it must connect with https, or this port must not be TLS',
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
