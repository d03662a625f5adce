/**
 * Limits and defaults as data: fields with units and ranges, in sections that any package declares for itself.
 *
 * @module
 */
export { ConfigError } from './errors.ts';
export type {
  AnyField,
  BooleanField,
  BytesField,
  Defaulted,
  DurationField,
  Field,
  FieldOptions,
  IntField,
  ListField,
  OneOfField,
  Optional,
  StringField,
} from './field.ts';
export { nearestName } from './nearest-name.ts';
export { list, type ListOptions } from './list-field.ts';
export { bytes, type BytesOptions, duration, type DurationOptions, int, type IntOptions, type Range } from './number-fields.ts';
export type { ConfigProblem, ConfigSource } from './problem.ts';
export { type AnySection, type FieldsOf, type InputsOf, section, type Section, type SectionInput, type SectionValues, type ValuesOf } from './section.ts';
export { boolean, oneOf, string, type StringOptions } from './text-fields.ts';
export { type ByteSize, type Duration, formatBytes, formatDuration, parseBytes, parseDuration } from './units.ts';
export { checkNames, wrongOption } from './wrong-option.ts';
