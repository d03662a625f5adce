import { wrongOption } from '@sock/config';
import { CallReader } from './call-reader.ts';
import type { ByteOrder, NumberOptions } from './framing-limits.ts';
import type { NumberKind, NumberOf } from './read-number.ts';
import { NUMBER_BYTES, NumberTaker } from './read-number.ts';

/** The numbers of a `Reader`: each call has `order`, `signal` and `timeout`. */
export class NumberReader extends CallReader {
  #numbers: NumberTaker | undefined;

  /** A number of any kind: `number('uint32')` is `uint32()`. @throws `ERR_SOCK_CONFIG` for a kind or an order that there is not */
  number<K extends NumberKind>(kind: K, options?: NumberOptions): Promise<NumberOf<K>> {
    return this.waiting(kind, options, ORDERED, () => this.#number(kind, options));
  }

  /** {@link number}, if it has come. */
  tryNumber<K extends NumberKind>(kind: K, options?: NumberOptions): NumberOf<K> | undefined {
    return this.trying(kind, options, ORDERED, () => this.#number(kind, options));
  }

  /** 0 to 255. */
  uint8(options?: NumberOptions): Promise<number> {
    return this.number('uint8', options);
  }

  /** 0 to 65,535. */
  uint16(options?: NumberOptions): Promise<number> {
    return this.number('uint16', options);
  }

  /** 0 to 4,294,967,295. */
  uint32(options?: NumberOptions): Promise<number> {
    return this.number('uint32', options);
  }

  /** 0 to 2^64 - 1. */
  uint64(options?: NumberOptions): Promise<bigint> {
    return this.number('uint64', options);
  }

  /** -128 to 127. */
  int8(options?: NumberOptions): Promise<number> {
    return this.number('int8', options);
  }

  /** -32,768 to 32,767. */
  int16(options?: NumberOptions): Promise<number> {
    return this.number('int16', options);
  }

  /** -2,147,483,648 to 2,147,483,647. */
  int32(options?: NumberOptions): Promise<number> {
    return this.number('int32', options);
  }

  /** -2^63 to 2^63 - 1. */
  int64(options?: NumberOptions): Promise<bigint> {
    return this.number('int64', options);
  }

  /** IEEE 754, single precision. */
  float32(options?: NumberOptions): Promise<number> {
    return this.number('float32', options);
  }

  /** IEEE 754, double precision. */
  float64(options?: NumberOptions): Promise<number> {
    return this.number('float64', options);
  }

  #number<K extends NumberKind>(kind: K, options: NumberOptions | undefined): NumberOf<K> | undefined {
    if (!Object.hasOwn(NUMBER_BYTES, kind)) throw wrongOption('number', 'kind', kind, Object.keys(NUMBER_BYTES).join(', '));
    const order: ByteOrder = options?.order ?? this.settings.order;
    if (order !== 'big' && order !== 'little') throw wrongOption(kind, 'order', order, '"big" or "little"');
    if (!this.need(NUMBER_BYTES[kind], kind)) return undefined;
    this.#numbers ??= new NumberTaker();
    return this.#numbers.take(this.intake.queue, kind, order) as NumberOf<K>;
  }
}

const ORDERED: readonly string[] = ['signal', 'timeout', 'order'];
