import { expectTypeOf } from 'vitest';
import {
  boolean,
  type BooleanField,
  bytes,
  type BytesField,
  duration,
  type Duration,
  type DurationField,
  formatDuration,
  int,
  type IntField,
  list,
  type ListField,
  oneOf,
  type OneOfField,
  type Optional,
  section,
  type Section,
  type SectionInput,
  type SectionValues,
  string,
  type StringField,
} from './index.ts';

const sample = section('sample', {
  port: int({ default: 80, doc: '' }),
  queue: bytes({ default: '64KiB', doc: '' }),
  wait: duration({ default: '30s', doc: '' }),
  fast: boolean({ default: true, doc: '' }),
  version: oneOf(['TLSv1.2', 'TLSv1.3'], { default: 'TLSv1.2', doc: '' }),
  password: string({ doc: '', secret: true }),
  protocols: list(string({ doc: '' }), { default: ['h2'], doc: '' }),
  pauses: list(duration({ default: '1s', doc: '' }), { doc: '' }),
});

// Values are in base units, and only a field without a default can be undefined.
expectTypeOf<SectionValues<typeof sample>>().toEqualTypeOf<{
  readonly port: number;
  readonly queue: number;
  readonly wait: number;
  readonly fast: boolean;
  readonly version: 'TLSv1.2' | 'TLSv1.3';
  readonly password: string | undefined;
  readonly protocols: readonly string[];
  readonly pauses: readonly number[];
}>();
expectTypeOf(sample.resolve()).toEqualTypeOf<SectionValues<typeof sample>>();
expectTypeOf(sample.defaults).toEqualTypeOf<SectionValues<typeof sample>>();
expectTypeOf(sample.name).toEqualTypeOf<'sample'>();

// Inputs are optional and take the text forms.
expectTypeOf<SectionInput<typeof sample>['wait']>().toEqualTypeOf<Duration | undefined>();
expectTypeOf<SectionInput<typeof sample>['version']>().toEqualTypeOf<'TLSv1.2' | 'TLSv1.3' | undefined>();
expectTypeOf<SectionInput<typeof sample>['pauses']>().toEqualTypeOf<readonly Duration[] | undefined>();
sample.resolve({ wait: '250ms', queue: '1MiB', port: 1, fast: undefined, pauses: ['1s', 2] });
// @ts-expect-error a unit that does not exist
sample.resolve({ wait: '3 fortnights' });
// @ts-expect-error KB is neither kB nor KiB
sample.resolve({ queue: '64KB' });
// @ts-expect-error a choice that does not exist
sample.resolve({ version: 'SSLv3' });
// @ts-expect-error a name that does not exist
sample.resolve({ prot: 1 });
// @ts-expect-error a default is one of the choices
oneOf(['a', 'b'], { default: 'c', doc: '' });
// @ts-expect-error every field says what it means
int({ default: 1 });
// @ts-expect-error an option without an effect is not accepted
int({ default: 1, doc: '', secret: true });
// @ts-expect-error defaults are not changed
sample.defaults.port = 1;

// `pick` takes an options object that holds other things.
const options: { port: number; signal: AbortSignal } = { port: 1, signal: new AbortController().signal };
expectTypeOf(sample.pick(options).port).toEqualTypeOf<number>();
interface ConnectOptions extends SectionInput<typeof sample> {
  readonly signal?: AbortSignal;
}
export function connect(given?: ConnectOptions): number {
  return sample.pick(given, 'connect()').wait;
}

// An exported section is annotated with an interface of fields, because isolatedDeclarations asks for it.
interface EchoFields {
  /** Longest silence. **30s** */
  readonly idle: DurationField;
  readonly size: BytesField;
  readonly count: IntField;
  readonly on: BooleanField;
  readonly mode: OneOfField<'a' | 'b'>;
  readonly name: Optional<StringField>;
  readonly names: ListField<string>;
}
export const echo: Section<'echo', EchoFields> = section('echo', {
  idle: duration({ default: '30s', doc: '' }),
  size: bytes({ default: 1, doc: '' }),
  count: int({ default: 1, doc: '' }),
  on: boolean({ default: true, doc: '' }),
  mode: oneOf(['a', 'b'], { default: 'a', doc: '' }),
  name: string({ doc: '' }),
  names: list(string({ doc: '' }), { doc: '' }),
});
expectTypeOf(echo.defaults.name).toEqualTypeOf<string | undefined>();
expectTypeOf(echo.defaults.idle).toEqualTypeOf<number>();
expectTypeOf<SectionInput<typeof echo>['idle']>().toEqualTypeOf<Duration | undefined>();
expectTypeOf<SectionInput<Section<'echo', EchoFields>>['names']>().toEqualTypeOf<readonly string[] | undefined>();

// What is written is what is read.
expectTypeOf(formatDuration(1)).toExtend<Duration>();
