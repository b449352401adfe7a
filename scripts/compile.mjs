// Runs the TypeScript compiler for one tsconfig, only when something changed, and removes outputs whose source is gone.

import { spawn } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { dirname, join, relative, sep } from 'node:path'
import { root } from './setup.mjs'

const compiler = join(root, 'node_modules/ts7/bin/tsc')

/**
 * Compiles `folders` with `project` and `flags`. `output(path)` says where the compiled file of a source goes, or null where it has none;
 * what the compiler makes in `outDir` ends with `endings`, and its own notes are kept in `info`. `after` then does what else belongs to it;
 * it makes `more`. Resolves to whether all went well; the compiler has said what did not.
 */
export async function compile({
  project,
  folders,
  outDir,
  info,
  output,
  flags = [],
  endings,
  more = [],
  after = async () => {},
}) {
  const sources = folders.flatMap((folder) => filesBelow(join(root, folder))).filter((path) => isSource(path))
  const outputs = new Set(sources.map((path) => output(relativeTo(root, path))).filter((path) => path !== null))
  const stamp = stampOf([...sources, ...settings(project)])
  const stampFile = join(root, `${info}.stamp`)
  const isComplete = [...outputs, ...more].every((path) => existsSync(join(root, path)))
  if (isComplete && existsSync(stampFile) && readFileSync(stampFile, 'utf8') === stamp) return true

  // The compiler does not write again what it believes to be there.
  if (!isComplete) rmSync(join(root, info), { force: true })
  rmSync(stampFile, { force: true })
  removeStale(join(root, outDir), endings, outputs)
  if ((await run([compiler, '-p', project, ...flags])) !== 0) return false
  await after()
  mkdirSync(dirname(stampFile), { recursive: true })
  writeFileSync(stampFile, stamp)
  return true
}

/** Compiles sources, tests and bench as they are run by the tests and by the campaigns; resolves to whether all went well. */
export function compileTests() {
  return compile({
    project: 'tsconfig.test.json',
    folders: ['src', 'test', 'bench'],
    outDir: 'build',
    info: 'build/test.tsbuildinfo',
    endings: ['.js'],
    output: (source) => `build/${source.replace(/\.ts$/, '.js')}`,
  })
}

/** Runs Node on a script in the project's folder; resolves to the exit code. */
export function run(args) {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, args, { cwd: root, stdio: 'inherit' })
    child.once('error', reject)
    child.once('exit', (code, signal) => resolve(signal ? 1 : code))
  })
}

/** All files below a folder, sorted; a missing folder has none. */
export function filesBelow(dir) {
  if (!existsSync(dir)) return []
  return readdirSync(dir, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath ?? entry.path, entry.name))
    .sort()
}

/** A path below `dir`, with forward slashes on every system. */
export const relativeTo = (dir, path) => relative(dir, path).split(sep).join('/')

const isSource = (path) => path.endsWith('.ts') && !path.endsWith('.d.ts')

const settings = (project) =>
  ['tsconfig.json', project, 'package.json', 'scripts/build.mjs', 'scripts/bundle.mjs', 'node_modules/ts7/package.json'].map(
    (path) => join(root, path),
  )

function stampOf(paths) {
  return paths
    .map((path) => {
      const { size, mtimeMs } = statSync(path)
      return `${relativeTo(root, path)} ${size} ${mtimeMs}`
    })
    .join('\n')
}

/** Outputs of sources that were removed or renamed would still be imported, tested and published. */
function removeStale(dir, endings, outputs) {
  for (const path of filesBelow(dir)) {
    const output = relativeTo(root, path).replace(/\.map$/, '')
    if (endings.some((ending) => output.endsWith(ending)) && !outputs.has(output)) rmSync(path)
  }
}
