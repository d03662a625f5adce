/** Everything that the plan asks for, by its own numbers; none of it may fall out of docs/plan-coverage.md. */
export const PLAN_ROWS: readonly string[] = [
  '0.1', '0.2',
  '1.1', '1.2', '1.3', '1.4',
  '2.1', '2.2',
  '3.1', '3.2', '3.3', '3.4',
  '4.1', '4.2', '4.3',
  '5.1', '5.2', '5.3',
  ...numbered('decision', 6),
  ...numbered('success', 8),
  // What the library that the plan extends has beside TLS.
  'base',
];

function numbered(word: string, count: number): string[] {
  return Array.from({ length: count }, (_, index) => `${word} ${index + 1}`);
}
