/**
 * Child processes of the judges and of the benchmark. Each is started in a process group of its own, has a time limit, and is
 * ended together with its descendants when this process ends. Nothing that we did not start is ever signalled.
 */
import { spawn } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const running = new Set()

/** The process ids of `pid` and everything below it, parents first. Linux only; elsewhere just the process itself. */
export function descendants(pid) {
  const childrenOf = new Map()
  try {
    for (const name of readdirSync('/proc')) {
      if (!/^\d+$/.test(name)) continue
      const parent = parentOf(name)
      if (parent !== null) childrenOf.set(parent, [...(childrenOf.get(parent) ?? []), Number(name)])
    }
  } catch {
    return [pid] // no /proc here
  }
  const found = [pid]
  for (const each of found) found.push(...(childrenOf.get(each) ?? []))
  return found
}

function parentOf(pid) {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1])
  } catch {
    return null // it ended while we looked
  }
}

function signalAll(pids, signal) {
  for (const pid of pids) {
    try {
      process.kill(pid, signal)
    } catch {
      // it ended by itself
    }
  }
}

/**
 * Starts a program. `output` grows while it runs; `ended` resolves once it is gone and its pipes are drained (never rejects).
 * `kill(signal)` signals the program alone, `destroy()` ends it with all its descendants at once.
 */
export function start(command, args, { cwd, env = process.env, input, onLine } = {}) {
  const child = spawn(command, args, {
    cwd,
    env,
    stdio: [input === undefined ? 'ignore' : 'pipe', 'pipe', 'pipe'],
    detached: true,
  })
  const handle = {
    pid: child.pid,
    stdout: '',
    stderr: '',
    stdin: child.stdin,
    exited: null,
    drained: null,
    kill: (signal = 'SIGTERM') => child.kill(signal),
    /** Signals the whole process group, as a terminal does on Ctrl-C. */
    killGroup: (signal) => signalAll([-child.pid], signal),
    // The group, too: what a program left behind when it ended still holds our pipes.
    destroy: () => handle.drained ?? signalAll([...descendants(child.pid).reverse(), -child.pid], 'SIGKILL'),
    get output() {
      return handle.stdout + handle.stderr
    },
  }
  child.stdout.setEncoding('utf8').on('data', (text) => (handle.stdout += text))
  child.stderr.setEncoding('utf8').on('data', (text) => (handle.stderr += text))
  if (onLine) {
    let rest = ''
    child.stdout.on('data', (text) => {
      const lines = (rest + text).split('\n')
      rest = lines.pop()
      lines.forEach(onLine)
    })
  }
  if (input !== undefined) {
    child.stdin.on('error', () => {}) // a program may end without reading its input
    if (input !== null) child.stdin.end(input)
  }
  handle.ended = new Promise((resolve) => {
    const end = (code, signal) => {
      running.delete(handle)
      resolve((handle.drained = handle.exited ??= { code, signal }))
    }
    child.on('error', (error) => {
      handle.stderr += `${error.message}\n`
      end(127, null)
    })
    child.on('exit', (code, signal) => (handle.exited = { code, signal }))
    child.on('close', end)
  })
  running.add(handle)
  return handle
}

/** Runs a program to its end, or ends it after `timeoutMs`. Never rejects: look at `code` and `timedOut`. */
export async function run(command, args, { timeoutMs = 120_000, ...options } = {}) {
  const startedAt = performance.now()
  const handle = start(command, args, options)
  let timedOut = false
  const limit = setTimeout(() => {
    timedOut = true
    handle.destroy()
  }, timeoutMs)
  const { code, signal } = await handle.ended
  clearTimeout(limit)
  return { code, signal, stdout: handle.stdout, stderr: handle.stderr, timedOut, ms: performance.now() - startedAt }
}

/**
 * Like `run`, with the output going through a file: a Node program that calls process.exit() while a pipe is full loses the rest of it.
 * For programs of others, which we cannot tell to end in a better way.
 */
export async function runThroughFile(command, args, options) {
  const dir = mkdtempSync(join(tmpdir(), 'odradek-output-'))
  const file = join(dir, 'stdout')
  try {
    const result = await run('sh', ['-c', 'out=$1; shift; "$@" > "$out"', 'sh', file, command, ...args], options)
    return { ...result, stdout: readFileSync(file, 'utf8') }
  } finally {
    rmSync(dir, { recursive: true, force: true })
  }
}

/** Like `run`, for steps that must work: throws with the last lines of output. */
export async function must(command, args, options) {
  const result = await run(command, args, options)
  if (result.code === 0) return result
  const tail = (result.stdout + result.stderr).trim().split('\n').slice(-20).join('\n')
  throw new Error(`${command} ${args.join(' ')} ${result.timedOut ? 'took too long' : `ended with ${result.code}`}:\n${tail}`)
}

/** Ends everything that was started here and still runs. */
export function destroyAll() {
  for (const handle of running) handle.destroy()
}

process.on('exit', destroyAll)
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
  process.on(signal, () => {
    destroyAll()
    process.exit(130)
  })
}
