import { expectTypeOf } from 'vitest';
import { duration, int, section } from './index.ts';
import { type ConfigSource, loadConfig } from './load.ts';

const pool = section('pool', { maxIdle: int({ default: 8, doc: '' }), idle: duration({ default: '30s', doc: '' }) });
const other = section('other', { size: int({ doc: '' }) });
const stranger = section('stranger', { size: int({ default: 1, doc: '' }) });
const config = loadConfig({ sections: [pool, other], values: { pool: { idle: '2m' } }, env: {} });

expectTypeOf(config.get(pool)).toEqualTypeOf<{ readonly maxIdle: number; readonly idle: number }>();
expectTypeOf(config.get(other).size).toEqualTypeOf<number | undefined>();
expectTypeOf(config.source(pool, 'idle')).toEqualTypeOf<ConfigSource>();
// @ts-expect-error a section that was not loaded
config.get(stranger);
// @ts-expect-error a field that does not exist
config.source(pool, 'size');
// @ts-expect-error a section that does not exist
loadConfig({ sections: [pool], values: { other: {} } });
// @ts-expect-error a field that does not exist
loadConfig({ sections: [pool], values: { pool: { maxIdel: 1 } } });
// @ts-expect-error a value that does not exist
loadConfig({ sections: [pool], values: { pool: { idle: '2 fortnights' } } });
