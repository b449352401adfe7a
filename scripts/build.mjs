// Compiles src/ to dist/, if anything changed since the last time.

import { fileURLToPath } from 'node:url'
import { compile } from './compile.mjs'
import { setUp } from './setup.mjs'

/** Resolves to whether dist/ is what src/ says. */
export function build() {
  return compile({
    project: 'tsconfig.json',
    folders: ['src'],
    outDir: 'dist',
    info: 'build/src.tsbuildinfo',
    output: (source) => (source.endsWith('.test.ts') ? null : source.replace(/^src\//, 'dist/').replace(/\.ts$/, '.js')),
  })
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  setUp()
  if (!(await build())) process.exitCode = 1
}
