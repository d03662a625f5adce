// The one function of Node that this entry calls. Declared here so that the build needs no types of Node and therefore refuses every other use of Node by mistake.
declare module 'node:diagnostics_channel' {
  export function channel(name: string): { readonly hasSubscribers: boolean; publish(message: unknown): void };
}
