import type { Edit, Fault, Tests } from './fault.ts';

/** Of submitted operations: completions that are lost, told twice or told of the wrong one. */
export const OPERATION_FAULTS: readonly Fault[] = [
  {
    name: '6 an operation without a back end is accepted, and nobody ever hears of it',
    edits: [edit('to-work', "  throw wrong(`${String(given['op'])} got", "  void wrong(`${String(given['op'])} got")],
    tests: tests('operations', 'what nothing can do is refused'),
  },
  {
    name: '6 an operation that expires is dropped without a word',
    edits: [edit('patience', '() => this.#stop(task, () => expired(task, timeoutMs))', '() => {}')],
    tests: tests('early-end', 'expiry touches only what expired'),
  },
  {
    name: '6 an expiry ends every operation that waits',
    edits: [queue('(task, why) => this.#stop(task, why)', '() => { for (const one of this.#alive.values()) this.#stop(one, () => cancelled(one, undefined)); }')],
    tests: tests('early-end', 'expiry touches only what expired'),
  },
  {
    name: '6 a close forgets what is pending',
    edits: [queue('      this.cancelAll(undefined, reason);', '      this.#alive.clear();')],
    tests: tests('completions', 'close cancels everything'),
  },
  {
    name: '6 work that ends late is told a second time',
    edits: [queue("if (task.state !== 'completed') return this.#complete(task, end);", 'if (task.id > 0) return this.#complete(task, end);')],
    tests: tests('early-end', 'work that does not listen'),
  },
  {
    name: '6 a callback that throws takes the completions behind it along',
    edits: [edit('delivery', '    } catch (error) {\n      this.#host.onCallbackError(error, id);', '    } catch (error) {\n      throw error;')],
    tests: tests('completions', 'a callback that throws'),
  },
  {
    name: 'a send that is continued begins again',
    edits: [edit('work/send-work', 'const rest = restOf(this.#chunks, this.#moved);', 'const rest = restOf(this.#chunks, 0);')],
    tests: tests('early-end', 'a send that timed out is continued'),
  },
  {
    name: 'what stands behind a partial operation comes into the middle of its message',
    edits: [edit('sides', '      side.partial = task;\n', '')],
    tests: tests('early-end', 'a send that timed out is continued'),
  },
  {
    name: 'operations of one side of a socket do not wait for each other',
    edits: [queue('if (task.after === undefined && !this.#sides.busy(work))', 'if (task.after === undefined)')],
    tests: tests('model', 'any submissions'),
  },
];

function queue(find: string, replace: string): Edit {
  return edit('operation-queue', find, replace);
}

function edit(name: string, find: string, replace: string): Edit {
  return { file: `packages/async/src/${name}.ts`, find, replace };
}

function tests(name: string, named: string): Tests {
  return { folder: 'packages/async', file: `src/${name}.test.ts`, named };
}
