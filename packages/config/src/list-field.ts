import { allowed, type Field, type FieldOptions, type ListField } from './field.ts';

/** Options of `list`. */
export interface ListOptions<Input> extends FieldOptions<readonly Input[]> {
  /** The value of whoever gives none. **`[]`** */
  readonly default?: readonly Input[];
  /** The fewest allowed items. **0** */
  readonly minItems?: number;
  /** The most allowed items. **256**, so that a hostile file cannot fill the memory. */
  readonly maxItems?: number;
}

/**
 * Several values of one kind; the value is a frozen array. The text form has commas between the items, and spaces around an item do not
 * count; an item that holds a comma can be given only in an array (in code or in a file).
 *
 * @param item what each item may be; its default is not used
 * @example
 * list(string({ doc: 'A protocol.' }), { default: ['h2'], maxItems: 8, doc: 'Protocols offered, best first.' })
 */
/* @__NO_SIDE_EFFECTS__ */
export function list<Value, Input>(
  item: Field<Value, Input>,
  options: ListOptions<NoInfer<Input>>,
): ListField<NonNullable<Value>, Input> {
  const { default: value = [], doc, reason = '', minItems = 0, maxItems = 256 } = options;
  return {
    kind: 'list',
    default: value,
    doc,
    reason,
    unit: 'items',
    secret: item.secret,
    form: `list of ${allowed(item)}`,
    range: `${minItems} to ${maxItems} items`,
    parse: (input) => read(input, item, minItems, maxItems),
    format: (values) => values.map((each) => item.format(each)).join(','),
  };
}

function read<Value, Input>(
  input: unknown,
  item: Field<Value, Input>,
  minItems: number,
  maxItems: number,
): readonly NonNullable<Value>[] | undefined {
  const items: unknown = typeof input === 'string' ? split(input) : input;
  if (!Array.isArray(items) || items.length < minItems || items.length > maxItems) return undefined;
  const values = Array.from(items, (each: Input) => item.parse(each));
  return values.every(isAllowed) ? Object.freeze(values) : undefined;
}

function isAllowed<Value>(value: Value | undefined): value is NonNullable<Value> {
  return value !== undefined;
}

function split(text: string): string[] {
  return text === '' ? [] : text.split(',').map((item) => item.trim());
}
