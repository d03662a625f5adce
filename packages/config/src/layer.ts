import type { AnyField } from './field.ts';
import { unknownField, unknownName } from './field-problem.ts';
import { type ConfigProblem, type ConfigSource, show } from './problem.ts';
import { type AnySection, fieldsOf } from './section.ts';

/** A value that some source gives to a known field; it is not checked yet. */
export interface Given {
  readonly section: AnySection;
  readonly name: string;
  readonly field: AnyField;
  readonly value: unknown;
  readonly source: ConfigSource;
}

/** A named value in an object, and where it stands. */
export interface Member {
  readonly name: string;
  readonly value: unknown;
  readonly source: ConfigSource;
  /** What is in the value, where the value is an object. */
  readonly members: readonly Member[] | undefined;
}

/** Reads `{ section: { field: value } }`, and notes every name that is not known or stands there twice. */
export function layer(sections: readonly AnySection[], members: readonly Member[], problems: ConfigProblem[]): Given[] {
  const names = sections.map((section) => section.name);
  return distinct(members, '', problems).flatMap((entry) => {
    const section = sections.find((each) => each.name === entry.name);
    if (section === undefined) {
      problems.push(unknownName(entry.name, names, entry.source));
      return [];
    }
    if (entry.members === undefined) {
      if (entry.value !== undefined) {
        problems.push({ key: entry.name, source: entry.source, found: show(entry.value), allowed: 'an object' });
      }
      return [];
    }
    const fields = fieldsOf(section);
    return distinct(entry.members, `${entry.name}.`, problems).flatMap(({ name, value, source }) => {
      const field = fields.get(name);
      if (field !== undefined) return value === undefined ? [] : [{ section, name, field, value, source }];
      problems.push(unknownField(section.name, name, [...fields.keys()], source));
      return [];
    });
  });
}

/** The sections in an object in code, and the fields in each; nothing below is looked at. */
export function membersOf(values: unknown, source: ConfigSource): Member[] | undefined {
  return entries(values)?.map(([name, value]) => ({
    name,
    value,
    source,
    members: entries(value)?.map(([field, inner]) => ({ name: field, value: inner, source, members: undefined })),
  }));
}

function entries(value: unknown): [string, unknown][] | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? Object.entries(value) : undefined;
}

function distinct(members: readonly Member[], prefix: string, problems: ConfigProblem[]): Member[] {
  const seen = new Set<string>();
  return members.filter(({ name, source }) => {
    if (!seen.has(name)) return seen.add(name);
    problems.push({ key: `${prefix}${name}`, source, found: 'the same name again', allowed: 'each name once' });
    return false;
  });
}
