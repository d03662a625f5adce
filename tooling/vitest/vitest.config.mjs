import { defineConfig } from 'vitest/config';

export default defineConfig({
  // Tests run from source: the `@sock/source` condition of every package points at src/.
  ssr: { resolve: { conditions: ['@sock/source', 'module', 'node', 'development|production'] } },
  test: {
    include: ['src/**/*.test.ts'],
    environment: 'node',
    pool: 'forks',
    testTimeout: 20_000,
    hookTimeout: 20_000,
    allowOnly: false,
    reporters: ['default', 'json'],
    outputFile: { json: '.results/test.json' },
  },
});
