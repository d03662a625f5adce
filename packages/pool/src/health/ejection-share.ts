/**
 * Whether one more of several endpoints may be ejected: when `(ejected + 1) / total` is at most `maxEjectedPercent`.
 *
 * - A single endpoint has a circuit breaker, and always may: nothing else could take its load.
 * - Of two or more, one always may, unless the share is 0: 10 percent of four endpoints would else be none, and the option a switch that nobody
 *   meant to use. Envoy ejects the first one regardless too; it looks at the share before the ejection, and so may pass it by one.
 *
 * @param ejected - endpoints whose circuit is open or half-open now
 * @param total - all endpoints, these included
 */
export function mayEjectOneMore(ejected: number, total: number, maxEjectedPercent: number): boolean {
  if (total <= 1) return true;
  if (ejected === 0) return maxEjectedPercent > 0;
  return (ejected + 1) * 100 <= maxEjectedPercent * total;
}
