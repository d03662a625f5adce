import type { ByteQueue } from './byte-queue.ts';
import type { ByteOrder } from './framing-limits.ts';

/** What a number may look like on the wire. Those of 64 bits are `bigint`s, floats are IEEE 754. */
export type NumberKind = 'uint8' | 'uint16' | 'uint32' | 'uint64' | 'int8' | 'int16' | 'int32' | 'int64' | 'float32' | 'float64';

/** How a {@link NumberKind} is answered. */
export type NumberOf<K extends NumberKind> = K extends 'uint64' | 'int64' ? bigint : number;

/** How many bytes each takes. */
export const NUMBER_BYTES: Readonly<Record<NumberKind, number>> = {
  uint8: 1, uint16: 2, uint32: 4, uint64: 8, int8: 1, int16: 2, int32: 4, int64: 8, float32: 4, float64: 8,
};

/** Takes numbers out of a queue, wherever its chunks were cut. */
export class NumberTaker {
  readonly #bytes = new Uint8Array(8);
  readonly #view: DataView = new DataView(this.#bytes.buffer);

  /** The next number of a queue that has its bytes. */
  take(queue: ByteQueue, kind: NumberKind, order: ByteOrder): number | bigint {
    const size = NUMBER_BYTES[kind];
    queue.copyTo(this.#bytes, size);
    queue.skip(size);
    const value = valueIn(this.#view, kind, order === 'little');
    this.#bytes.fill(0);
    return value;
  }
}

function valueIn(view: DataView, kind: NumberKind, little: boolean): number | bigint {
  switch (kind) {
    case 'uint8': return view.getUint8(0);
    case 'uint16': return view.getUint16(0, little);
    case 'uint32': return view.getUint32(0, little);
    case 'uint64': return view.getBigUint64(0, little);
    case 'int8': return view.getInt8(0);
    case 'int16': return view.getInt16(0, little);
    case 'int32': return view.getInt32(0, little);
    case 'int64': return view.getBigInt64(0, little);
    case 'float32': return view.getFloat32(0, little);
    case 'float64': return view.getFloat64(0, little);
  }
}
