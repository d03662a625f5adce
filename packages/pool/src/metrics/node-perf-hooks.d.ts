// The one function of Node that this entry calls. Declared here so that the build needs no types of Node and therefore refuses every other use of Node by mistake.
declare module 'node:perf_hooks' {
  export function createHistogram(options: { readonly figures: number }): {
    readonly count: number;
    readonly min: number;
    readonly max: number;
    record(value: number): void;
    percentile(percentile: number): number;
    reset(): void;
  };
}
