import { allowed as allowedIn, type AnyField } from './field.ts';
import { nearestName } from './nearest-name.ts';
import { type ConfigProblem, type ConfigSource, SECRET, show } from './problem.ts';

/** The problem of a value that its field does not allow. */
export function refusedValue(section: string, key: string, field: AnyField, value: unknown, source: ConfigSource): ConfigProblem {
  return { key: `${section}.${key}`, source, found: field.secret ? SECRET : show(value), allowed: allowedIn(field) };
}

/** The problem of a name that is no field of its section. */
export function unknownField(section: string, key: string, known: readonly string[], source: ConfigSource): ConfigProblem {
  return { ...unknownName(key, known, source), key: `${section}.${key}` };
}

/** The problem of a name that nobody knows. Its value is not shown: it may be a secret under a mistyped name. */
export function unknownName(
  key: string,
  known: readonly string[],
  source: ConfigSource,
  allowed: string = known.join(', '),
): ConfigProblem {
  const nearest = nearestName(key, known);
  return {
    key,
    source,
    found: 'an unknown name',
    allowed: allowed || 'no name at all',
    ...(nearest === undefined ? {} : { nearest }),
  };
}
