// The one function of Node that this package calls. Declared here so that the build needs no types of Node and therefore refuses
// every other use of Node by mistake.
declare module 'node:fs' {
  export function readFileSync(path: string): Uint8Array<ArrayBuffer>;
}
