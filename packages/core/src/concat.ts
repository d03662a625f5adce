/** The bytes of `chunk` in memory of their own. `chunk.slice()` would not do: a Node `Buffer`'s is a view of the same memory. */
export function copyOf(chunk: Uint8Array): Uint8Array {
  const copy = new Uint8Array(chunk.length);
  copy.set(chunk);
  return copy;
}

/** One array with the bytes of all `chunks`; a single chunk is answered as it is. */
export function concat(chunks: readonly Uint8Array[]): Uint8Array {
  const [only] = chunks;
  if (chunks.length === 1 && only !== undefined) return only;
  const whole = new Uint8Array(chunks.reduce((sum, chunk) => sum + chunk.length, 0));
  let offset = 0;
  for (const chunk of chunks) {
    whole.set(chunk, offset);
    offset += chunk.length;
  }
  return whole;
}
