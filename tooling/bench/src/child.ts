import type { ChildProcess } from 'node:child_process';
import { fork } from 'node:child_process';
import { once } from 'node:events';
import type { Answer, Order, Worker } from './orders.ts';

/** A process of Node that obeys one order at a time. */
export class Child implements Worker {
  // With the options of this process: `node --cpu-prof dist/main.js` profiles them all.
  readonly #process: ChildProcess = fork(new URL('./child-main.js', import.meta.url), { stdio: ['ignore', 'ignore', 'inherit', 'ipc'], execArgv: [...process.execArgv, '--expose-gc'] });

  /** One that has obeyed its first order; where it could not, it is gone. */
  static async told(order: Order): Promise<Child> {
    const child = new Child();
    try {
      await child.ask(order);
      return child;
    } catch (error) {
      await child[Symbol.asyncDispose]();
      throw error;
    }
  }

  async ask<T extends Answer>(order: Order): Promise<T> {
    const answer = await new Promise<Answer>((resolve, reject) => {
      const died = (): void => reject(new Error(`the process that should ${order.do} has died`));
      this.#process.once('exit', died);
      this.#process.once('message', (message: Answer) => {
        this.#process.off('exit', died);
        resolve(message);
      });
      this.#process.send(order);
    });
    if ('failure' in answer) throw new Error(answer.failure);
    return answer as T;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const { exitCode, signalCode } = this.#process;
    if (exitCode !== null || signalCode !== null) return;
    const ended = once(this.#process, 'exit');
    if (this.#process.connected) this.#process.disconnect();
    await ended;
  }
}
