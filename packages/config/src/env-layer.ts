import { ENV_PREFIX, envName } from './env-name.ts';
import { allowed } from './field.ts';
import { unknownName } from './field-problem.ts';
import type { Given } from './layer.ts';
import type { ConfigProblem, ConfigSource } from './problem.ts';
import { type AnySection, fieldsOf } from './section.ts';

/** Environment variables by name, such as `process.env`. */
export type Env = Readonly<Record<string, string | undefined>>;

/** Reads the variables that begin with `SOCK_`, and notes every one that nobody knows. */
export function envLayer(sections: readonly AnySection[], env: Env, problems: ConfigProblem[]): Given[] {
  const known = variables(sections, problems);
  const given: Given[] = [];
  for (const [name, value] of Object.entries(env)) {
    if (!name.startsWith(ENV_PREFIX) || value === undefined) continue;
    const source: ConfigSource = { kind: 'env', name };
    const target = known.get(name);
    if (target === undefined) {
      problems.push(unknownName(name, [...known.keys()], source, namesLike(name, sections)));
    } else if (value === '') {
      // An empty variable is most often one that was never filled in. Taking it for "not set" would quietly give, say,
      // the trust of the system to whoever meant to name a CA file.
      const key = `${target.section.name}.${target.name}`;
      problems.push({ key, source, found: '""', allowed: `${allowed(target.field)}; unset the variable for the default` });
    } else {
      given.push({ ...target, value, source });
    }
  }
  return given;
}

type Target = Pick<Given, 'section' | 'name' | 'field'>;

function variables(sections: readonly AnySection[], problems: ConfigProblem[]): Map<string, Target> {
  const known = new Map<string, Target>();
  for (const section of sections) {
    for (const [name, field] of fieldsOf(section)) {
      const variable = envName(section.name, name);
      const other = known.get(variable);
      if (other !== undefined) {
        const found = `the variable of ${other.section.name}.${other.name}`;
        const source: ConfigSource = { kind: 'env', name: variable };
        problems.push({ key: `${section.name}.${name}`, source, found, allowed: 'a variable of its own' });
      }
      known.set(variable, { section, name, field });
    }
  }
  return known;
}

/** The variables of the section that the name belongs to, or what the variables of each section begin with. */
function namesLike(name: string, sections: readonly AnySection[]): string {
  const owner = sections.find((section) => name.startsWith(envName(section.name)));
  if (owner === undefined) return sections.map((section) => `${envName(section.name)}*`).join(', ');
  return [...fieldsOf(owner).keys()].map((field) => envName(owner.name, field)).join(', ');
}
