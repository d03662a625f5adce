import type { Edit, Fault, Tests } from './fault.ts';

/** Of polls: what is watched, and what is told of it. */
export const POLL_FAULTS: readonly Fault[] = [
  {
    name: '5 what a handshake needs takes the place of what the program asked for, and stays there',
    edits: [edit('watch.ts', ') this.#mustStep = true;', ') [this.#mustStep, this.#interest] = [true, NEED[this.#steppable.want]];')],
    tests: poll('watch', 'what a handshake needs'),
  },
  {
    name: '5 what a handshake needs is told as if the program had asked for it',
    edits: [edit('watch.ts', 'if ((ready & this.#asked) === 0) return 0;', 'if (this.#steppable !== undefined && ready === 0) return READABLE;\n    if ((ready & this.#asked) === 0) return 0;')],
    tests: poll('watch', 'what a handshake needs'),
  },
  {
    name: '5 what a handshake needs is not followed unless the program asked for it',
    edits: [edit('watch.ts', 'if (this.#mustStep || (ready & this.#asked) !== 0) heard(this);', 'if ((ready & this.#asked) !== 0) heard(this);')],
    tests: poll('watch', 'what a handshake needs'),
  },
  {
    name: '9 modify with add and remove drops what it should keep',
    edits: [edit('interest.ts', 'return (checkedMask(interest, \'interest\') | add) & ~remove;', 'return remove === 0 ? checkedMask(interest, \'interest\') | add : add;')],
    tests: poll('poll', 'modify changes what is named'),
  },
  {
    name: '9 modify of the interest drops the data',
    edits: [edit('watch.ts', 'if (change.data !== undefined) this.data', 'this.data')],
    tests: poll('poll', 'modify changes what is named'),
  },
  {
    name: '10 a poll refuses from 14,800 on',
    edits: [edit('loop.ts', 'const { maxRegistered } = this.#limits;', 'const maxRegistered = Math.min(this.#limits.maxRegistered, 14_800);')],
    tests: poll('many', '20,000 are watched'),
  },
  {
    name: 'a wait looks at everything that is watched',
    edits: [edit('loop.ts', '    this.#timers.ripen(now);', '    this.#timers.ripen(now);\n    for (const watch of this.#watches.values()) if (watch.due()) this.#ready.push(watch);')],
    tests: poll('many', 'a wait costs what is ready'),
  },
  {
    name: 'what is told first is told first again: with a small max the others starve',
    edits: [edit('loop.ts', 'else if (watch.repeats) this.#ready.push(watch);', 'else if (watch.repeats) again.push(watch);'), edit('loop.ts', '  #readyEvent(watch: Watch<P, D>)', '  #readyEvent(watch: Watch<P, D>, again: Watch<P, D>[])'), edit('loop.ts', 'this.#readyEvent(node);', 'this.#readyEvent(node, again);'), edit('loop.ts', '    const events: PollEvent<P, D, T>[] = [];', '    const events: PollEvent<P, D, T>[] = [];\n    const again: Watch<P, D>[] = [];'), edit('loop.ts', '    return events;\n', '    const rest: (Watch<P, D> | Timer<T>)[] = [];\n    for (let node = this.#ready.shift(); node !== undefined; node = this.#ready.shift()) rest.push(node);\n    for (const node of [...again, ...rest]) this.#ready.push(node);\n    return events;\n')],
    tests: poll('poll', 'everybody has a turn|does not hold up another'),
  },
  {
    name: 'an edge is told again and again',
    edits: [edit('watch.ts', 'return this.#armed && this.#trigger === \'level\';', 'return this.#armed;')],
    tests: poll('model'),
  },
  {
    name: 'a close is told again and again',
    edits: [edit('loop.ts', 'if ((events & HANGUP) !== 0) this.#forget(watch);\n    else if', 'if')],
    tests: poll('model'),
  },
  {
    name: 'a timer that was due and is cancelled is told all the same',
    edits: [edit('timers.ts', 'if (!this.#heap.remove(timer)) this.#ready.remove(timer);', 'this.#heap.remove(timer);')],
    tests: poll('model'),
  },
  {
    name: 'a removed pollable still calls',
    edits: [edit('watch.ts', '    this.#stop();\n', '')],
    tests: poll('watch', 'nobody listens any more'),
  },
];

function edit(file: string, find: string, replace: string): Edit {
  return { file: `packages/poll/src/${file}`, find, replace };
}

function poll(name: string, named?: string): Tests {
  return { folder: 'packages/poll', file: `src/${name}.test.ts`, named };
}
