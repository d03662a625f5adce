import type { AnyField } from './field.ts';
import { SECRET, show } from './problem.ts';

/** The value of a field as it stands in tables and descriptions: numbers in their unit, text in quotes, a secret as `•••`. */
export function fieldText(field: AnyField, value: unknown): string {
  if (value === undefined || value === null) return 'none';
  if (field.secret) return SECRET;
  const text = field.format(value);
  return field.kind === 'string' || field.kind === 'oneOf' || field.kind === 'list' ? show(text, Infinity) : text;
}
