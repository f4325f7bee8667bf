import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vitest/config'

const source = (path: string) => fileURLToPath(new URL(`./src/${path}`, import.meta.url))

export default defineConfig({
  resolve: {
    alias: {
      'unrolled/expr': source('expr/index.ts'),
      'unrolled/autograd': source('autograd/index.ts'),
      'unrolled/kernels': source('kernels/index.ts'),
      'unrolled/tasks': source('tasks/index.ts'),
      unrolled: source('index.ts'),
    },
  },
  test: {
    setupFiles: ['test/setup.ts'],
    include: ['test/**/*.test.ts'],
    globalSetup: ['test/cli/build.mjs'],
    testTimeout: 60_000,
    maxWorkers: 2,
  },
})
