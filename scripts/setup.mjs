// Makes a checkout ready to run: checks Node, installs what package-lock.json names. Needs nothing but Node and npm itself.

import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

export const root = fileURLToPath(new URL('..', import.meta.url))

const OLDEST_NODE = [20, 19]

/** Leaves `node_modules` as package-lock.json wants it, or ends the process with a sentence about what is missing. */
export function setUp() {
  checkNode()
  if (isInstalled()) return
  console.log('Setting up: npm install (needed once, and after the dependencies changed) ...')
  const started = performance.now()
  const npm = process.env['npm_execpath']
  // Not `npm ci`: it refuses a lock file that lacks an optional package of another platform. What was installed is checked below.
  const install = ['install', '--no-save', '--no-progress', '--loglevel=error']
  const [command, args] = npm ? [process.execPath, [npm, ...install]] : ['npm', install]
  const shell = !npm && process.platform === 'win32'
  const run = spawnSync(command, args, { cwd: root, stdio: 'inherit', shell })
  if (run.status !== 0) {
    fail('npm install did not succeed (see above). It needs npm and, the first time, a way to the npm registry.')
  }
  if (!isInstalled()) fail('npm install ran, but node_modules does not hold what package-lock.json names.')
  console.log(`Set up in ${((performance.now() - started) / 1000).toFixed(1)} s.`)
}

export function fail(message) {
  console.error(message)
  process.exit(1)
}

function checkNode() {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number)
  const [wantedMajor, wantedMinor] = OLDEST_NODE
  if (major > wantedMajor || (major === wantedMajor && minor >= wantedMinor)) return
  fail(`Odradek needs Node ${OLDEST_NODE.join('.')} or newer; this is ${process.version} (${process.execPath}).`)
}

/** Does every package that the lock file names lie there in its version? Only optional ones (other platforms') may be absent. */
function isInstalled() {
  const wanted = packages('package-lock.json')
  const installed = packages('node_modules/.package-lock.json')
  if (!wanted || !installed) return false
  return Object.entries(wanted).every(([path, { version, optional }]) => {
    if (path === '') return true
    const found = installed[path]
    if (!found) return optional === true
    return found.version === version && existsSync(join(root, path, 'package.json'))
  })
}

function packages(file) {
  const path = join(root, file)
  return existsSync(path) ? JSON.parse(readFileSync(path, 'utf8')).packages : null
}

if (process.argv[1] === fileURLToPath(import.meta.url)) setUp()
