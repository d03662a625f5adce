import type { ChildProcess } from 'node:child_process';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import type { Interface } from 'node:readline';
import { createInterface } from 'node:readline';
import type { Answer, Order, Worker } from './orders.ts';

/** A process of the program in C. */
export class CChild implements Worker {
  readonly #process: ChildProcess;
  readonly #lines: Interface;

  /** @param program - what `compileC` made */
  constructor(program: string) {
    const child = spawn(program, { stdio: ['pipe', 'pipe', 'inherit'] });
    this.#process = child;
    this.#lines = createInterface({ input: child.stdout });
    // Of an order that comes after its end, `ask` tells.
    child.stdin.on('error', () => {});
  }

  ask<T extends Answer>(order: Order): Promise<T> {
    return this.#say<T>(toWords(order));
  }

  /** Which OpenSSL it runs on. */
  async openssl(): Promise<string> {
    const { openssl } = await this.#say<{ openssl: string }>(['version']);
    return openssl;
  }

  async #say<T extends Answer>(words: readonly (string | number)[]): Promise<T> {
    const answer = await new Promise<Answer>((resolve, reject) => {
      const died = (): void => reject(new Error(`the program in C that should ${words.join(' ')} has died`));
      this.#lines.once('close', died);
      this.#lines.once('line', (line: string) => {
        this.#lines.off('close', died);
        resolve(JSON.parse(line) as Answer);
      });
      this.#process.stdin?.write(`${words.join('\t')}\n`);
    });
    if ('failure' in answer) throw new Error(answer.failure);
    return answer as T;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const { exitCode, signalCode, pid } = this.#process;
    if (exitCode !== null || signalCode !== null || pid === undefined) return;
    const ended = once(this.#process, 'exit');
    this.#process.stdin?.end();
    await ended;
  }
}

/** An order as the program in C reads it: a line of words with tabs between them. */
export function toWords(order: Order): (string | number)[] {
  if (order.do === 'listen') return ['listen', order.carrier, order.service, join(order.material.folder, 'chain.pem'), join(order.material.folder, 'key.pem')];
  if (order.do === 'connect') return ['connect', order.carrier, order.port, join(order.material.folder, 'ca.pem'), order.work.kind, order.work.connections ?? 1];
  if (order.do === 'run') return ['run', order.work.kind, order.work.bytes, order.count];
  return [order.do];
}
