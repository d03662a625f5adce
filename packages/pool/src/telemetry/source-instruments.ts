import { addEndpoints, defineEndpoints } from './endpoint-instruments.ts';
import type { Instrument } from './instrument.ts';
import { Instruments } from './instrument.ts';
import { addPool, definePool } from './pool-instruments.ts';
import { addRegistry, addServer, defineRegistry } from './registry-instruments.ts';
import type { SeriesOptions } from './series-options.ts';
import type { SourceSnapshot } from './source.ts';

/** Everything but times, of all sources. The label `pool`, `registry` or `server` has the name of the source, and comes first. */
export function sourceInstruments(sources: readonly SourceSnapshot[], options: SeriesOptions): Instrument[] {
  const into = new Instruments();
  for (const { name, pool, registry, server } of sources) {
    if (pool !== undefined) {
      addPool(into, { pool: name }, pool);
      addEndpoints(into, { pool: name }, pool.keys, options);
    }
    if (registry !== undefined) addRegistry(into, { registry: name }, registry);
    if (server !== undefined) addServer(into, { server: name }, server);
  }
  return into.all();
}

/** Every instrument that there can be, without values. */
export function allInstruments(): Instrument[] {
  const into = new Instruments();
  definePool(into);
  defineEndpoints(into);
  defineRegistry(into);
  return into.all();
}
