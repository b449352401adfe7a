// npm run docs: writes docs/reference and src/config/without-effect.ts out of the tables and the sources.

import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { build } from './build.mjs'
import { filesBelow, relativeTo, run } from './compile.mjs'
import { fail, root, setUp } from './setup.mjs'

const LIST = 'src/config/without-effect.ts'

setUp()
if (!(await build())) fail('The sources do not compile (see above).')
const { referencePages, withoutEffect, withoutEffectSource } = await import('../dist/cli/reference/index.js')

const src = join(root, 'src')
const sources = new Map(
  filesBelow(src)
    .filter((path) => path.endsWith('.ts'))
    .map((path) => [relativeTo(src, path), readFileSync(path, 'utf8')]),
)
const idle = withoutEffect(sources)
for (const [path, text] of [...referencePages(idle), [LIST, withoutEffectSource(idle)]]) {
  mkdirSync(dirname(join(root, path)), { recursive: true })
  writeFileSync(join(root, path), text)
  console.log(path)
}
process.exitCode = await run([
  join(root, 'node_modules/@biomejs/biome/bin/biome'),
  'format',
  '--write',
  '--diagnostic-level=error',
  LIST,
])
