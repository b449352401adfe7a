// Makes dist/ out of src/, if anything changed since the last time: declarations by the TypeScript compiler, which also checks, and
// programs by the bundler.

import { fileURLToPath } from 'node:url'
import { compile } from './compile.mjs'
import { setUp } from './setup.mjs'

/** What people import, and what bin/ loads. */
const MODULES = ['index', 'client/index', 'protocol/index', 'cli/launcher']
/** One file each: what the last of them runs, what bin/kafka-* load, and what that runs. */
const PROGRAMS = ['cli/main', 'cli/tools', 'cli/tools-launcher']

/** Resolves to whether dist/ is what src/ says. */
export function build() {
  return compile({
    project: 'tsconfig.json',
    folders: ['src'],
    outDir: 'dist',
    info: 'build/src.tsbuildinfo',
    output: (source) => (source.endsWith('.test.ts') ? null : source.replace(/^src\//, 'dist/').replace(/\.ts$/, '.d.ts')),
    flags: ['--emitDeclarationOnly'],
    endings: ['.d.ts'],
    more: [...MODULES.map((name) => `dist/${name}.js`), ...PROGRAMS.map((name) => `dist/${name}.cjs`)],
    async after() {
      // Not before the packages are there: esbuild is one.
      const { bundle } = await import('./bundle.mjs')
      await bundle(
        Object.fromEntries(MODULES.map((name) => [name, `src/${name}.ts`])),
        Object.fromEntries(PROGRAMS.map((name) => [name, `src/${name}.ts`])),
        'dist',
      )
    },
  })
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  setUp()
  if (!(await build())) process.exitCode = 1
}
