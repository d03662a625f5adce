import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

export default defineConfig({
  // Tests run from source: the `@sock/source` condition of every package points at src/.
  ssr: { resolve: { conditions: ['@sock/source', 'module', 'node', 'development|production'] } },
  test: {
    include: ['src/**/*.test.ts'],
    // What a package needs before its first test (programs that its tests talk to).
    globalSetup: [fileURLToPath(new URL('src/global-setup.ts', import.meta.url))],
    environment: 'node',
    pool: 'forks',
    testTimeout: 20_000,
    hookTimeout: 20_000,
    allowOnly: false,
    reporters: ['default', 'json'],
    outputFile: { json: '.results/test.json' },
  },
});
