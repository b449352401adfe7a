// npm test: lint, compile, run every test. `npm test -- log produce` runs only files whose path has one of the words; what begins with
// a dash goes to Node's runner (--test-name-pattern=...). `--write-list` renews test/expected-files.txt.

import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import { build } from './build.mjs'
import { compileTests, filesBelow, relativeTo, run } from './compile.mjs'
import { fail, root, setUp } from './setup.mjs'

const EXPECTED = join(root, 'test/expected-files.txt')

const started = performance.now()
const args = process.argv.slice(2)
const words = args.filter((arg) => !arg.startsWith('-'))
const flags = args.filter((arg) => arg.startsWith('-') && arg !== '--write-list')

setUp()
await step('lint', () =>
  run([join(root, 'node_modules/@biomejs/biome/bin/biome'), 'check', '--error-on-warnings', '--diagnostic-level=warn', '.']).then(
    isZero,
  ),
)
await step('build', build)
await step('compile tests', compileTests)

const all = filesBelow(join(root, 'build'))
  .map((path) => relativeTo(root, path))
  .filter((path) => path.endsWith('.test.js'))
if (args.includes('--write-list')) writeList()
checkList()

const files = words.length === 0 ? all : all.filter((path) => words.some((word) => path.includes(word)))
if (files.length === 0) fail(`No test file has ${words.map((word) => `"${word}"`).join(' or ')} in its path.`)
const code = await run([
  '--test',
  `--test-concurrency=${availableParallelism()}`,
  '--test-reporter=./scripts/test-reporter.mjs',
  '--test-reporter-destination=stdout',
  ...flags,
  ...files,
])
console.log(`${files.length} of ${all.length} test files, ${seconds(started)} in all.`)
process.exitCode = code

async function step(name, act) {
  const began = performance.now()
  if (!(await act())) fail(`npm test stopped at: ${name}.`)
  console.log(`${name}: ${seconds(began)}`)
}

/** A test file that vanishes, or is no longer compiled, must not go unnoticed. */
function checkList() {
  if (all.length === 0) fail('There are no test files; something is wrong with the compilation of the tests.')
  const expected = existsSync(EXPECTED) ? readFileSync(EXPECTED, 'utf8').split('\n').filter(Boolean) : []
  const found = new Set(all.map(sourceOf))
  const missing = expected.filter((path) => !found.has(path))
  if (missing.length > 0) {
    fail(`Test files of test/expected-files.txt are missing: ${missing.join(', ')}. If on purpose: npm test -- --write-list`)
  }
  const fresh = found.size - expected.length
  if (fresh > 0) console.log(`${fresh} test files are not in test/expected-files.txt yet: npm test -- --write-list`)
}

function writeList() {
  writeFileSync(EXPECTED, all.map((path) => `${sourceOf(path)}\n`).join(''))
}

function sourceOf(path) {
  return path.replace(/^build\//, '').replace(/\.js$/, '.ts')
}

function isZero(exitCode) {
  return exitCode === 0
}

function seconds(since) {
  return `${((performance.now() - since) / 1000).toFixed(1)} s`
}
