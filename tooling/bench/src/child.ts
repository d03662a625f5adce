import type { ChildProcess } from 'node:child_process';
import { fork } from 'node:child_process';
import { once } from 'node:events';
import type { Answer, Order } from './orders.ts';

/** A process that obeys one order at a time. */
export class Child implements AsyncDisposable {
  readonly #process: ChildProcess = fork(new URL('./child-main.js', import.meta.url), { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });

  /** @throws Error with the child's own words, or when it died */
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
