import type { Edit, Fault, Tests } from './fault.ts';

/** Of what operations cost: nothing is wrong but the number of system calls, of timers, or of functions that are called. */
export const COST_FAULTS: readonly Fault[] = [
  {
    name: 'a loop of awaited sends is one write for each of them',
    edits: [io('duplex-transport', '    process.nextTick(flush);', '    queueMicrotask(flush);')],
    tests: counted('than it did|fewer writes'),
  },
  {
    name: 'each connection sets its options once more',
    edits: [io('node-socket', '  const local = unix ??', '  stream.setKeepAlive(true, 61_000);\n  const local = unix ??')],
    tests: counted('than it did|from its dial to its close'),
  },
  {
    name: 'each write has a timer',
    edits: [io('duplex-transport', '    const keeps = this.#options.foreign === true;', '    setTimeout(() => {}, 30_000).unref();\n    const keeps = this.#options.foreign === true;')],
    tests: counted('than it did'),
  },
  {
    name: 'a transport tells twice what is ready',
    edits: [io('duplex-transport', '    this.#signal.emit(this.ready);', '    this.#signal.emit(this.ready);\n    this.#signal.emit(this.ready);')],
    tests: { folder: 'tooling/integration', file: 'src/calls.test.ts' },
  },
];

function io(name: string, find: string, replace: string): Edit {
  return { file: `packages/io/src/${name}.ts`, find, replace };
}

function counted(named: string): Tests {
  return { folder: 'tooling/integration', file: 'src/syscalls.test.ts', named };
}
