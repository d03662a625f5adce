import type { SecureContext } from 'node:tls';
import type { MaterialOptions } from '../material/material-files.ts';
import { materialFiles } from '../material/material-files.ts';
import type { PeerCheck } from '../verify/peer.ts';
import type { Live, Replaceable } from './live.ts';
import type { Watcher, WatchOptions } from './watch.ts';
import { watchFiles } from './watch.ts';

/** What contexts of both roles can do beside being put on a connection. */
export interface LiveContext<O> extends AsyncDisposable, Disposable {
  /** The context of `node:tls`, for code that needs one. It carries none of our verification. */
  secureContext(): SecureContext;
  /**
   * Changes options. The new state is built and checked first, files are read again; then it takes the place of the old one as a whole. Connections
   * that stand go on as they are, new ones follow the new state.
   *
   * @throws the codes of the creation; the context is what it was then
   */
  update(changes: Partial<O>): void;
  /**
   * Looks at the files that the context was made from, and reloads when they change.
   *
   * @throws `ERR_SOCK_TLS_OPTION` when it was made from no file
   */
  watch(options?: WatchOptions): Watcher;
  /** Forgets keys; new upgrades fail with `ERR_SOCK_TLS_DISPOSED`. Connections that stand go on. */
  dispose(): void;
}

/** Options that name files. */
interface WithFiles extends MaterialOptions {
  readonly crl?: PeerCheck | undefined;
  readonly ocsp?: PeerCheck | undefined;
}

/** The methods of {@link LiveContext}. */
export function liveContext<O extends WithFiles, E extends Replaceable & { readonly secureContext: SecureContext }>(live: Live<O, E>): LiveContext<O> {
  const update = (changes: Partial<O>): void => {
    // Last: lists that were read again are in force, so nothing may fail after that.
    live.update(changes, () => {
      const { crl, ocsp } = { ...live.options, ...changes };
      crl?.reload?.();
      ocsp?.reload?.();
    });
  };
  const dispose = (): void => live.dispose();
  return {
    secureContext: () => live.engine.secureContext,
    update,
    watch: (options) => watchFiles({ files: () => filesOf(live.options), reload: () => update({}), get isDisposed() { return live.isDisposed; } }, options),
    dispose,
    [Symbol.dispose]: dispose,
    [Symbol.asyncDispose]: async () => dispose(),
  };
}

function filesOf(options: WithFiles): readonly string[] {
  return [...materialFiles(options), ...(options.crl?.files ?? []), ...(options.ocsp?.files ?? [])];
}
