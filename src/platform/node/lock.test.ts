import assert from 'node:assert/strict'
import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { copyFile, mkdir, mkdtemp, readdir, rm, utimes, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, relative } from 'node:path'
import { type TestContext, test } from 'node:test'
import { DiskError } from '../disk.ts'
import { lockFile } from './lock.ts'

async function freshDir(context: TestContext): Promise<string> {
  const dir = await mkdtemp(join(tmpdir(), 'odradek-lock-'))
  context.after(() => rm(dir, { recursive: true, force: true }))
  return dir
}

/** Starts a program that prints a line when it holds the lock; killed at the end of the test. */
async function holder(context: TestContext, command: string, args: string[]): Promise<ChildProcess> {
  const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'inherit'] })
  context.after(() => child.kill('SIGKILL'))
  await once(child.stdout!, 'data')
  return child
}

/** A program that takes the lock and says so. */
function holding(path: string): string {
  const module = JSON.stringify(new URL('./lock.js', import.meta.url).href)
  return `import(${module}).then(async ({ lockFile }) => { await lockFile(${JSON.stringify(path)}); console.log('held'); setInterval(() => {}, 1e6) })`
}

function heldBy(pid: number | undefined) {
  return (thrown: unknown) =>
    thrown instanceof DiskError && thrown.code === 'ELOCKED' && thrown.message.includes(`by process ${pid}`)
}

test('a living process keeps others out; killed, it leaves nothing that does', async (context) => {
  const dir = await freshDir(context)
  const path = join(dir, '.lock')
  const child = await holder(context, process.execPath, ['-e', holding(path)])
  await assert.rejects(lockFile(path), heldBy(child.pid))
  assert.equal((await readdir(dir)).length, 2, 'who was refused leaves no record')
  child.kill('SIGKILL')
  await once(child, 'exit')
  const lock = await lockFile(path)
  assert.equal((await readdir(dir)).length, 2, 'the record of the dead is removed')
  await lock.release()
  assert.deepEqual(await readdir(dir), ['.lock'])
})

test('a directory keeps others out by whichever path they come: ./data and data are one', async (context) => {
  const dir = await freshDir(context)
  const byDetour = `./${relative(process.cwd(), join(dir, '.lock'))}`
  const child = await holder(context, process.execPath, ['-e', holding(byDetour)])
  assert.equal((await readdir(dir)).length, 2, 'its own record stays')
  for (const path of [byDetour, join(dir, '.lock')]) await assert.rejects(lockFile(path), heldBy(child.pid), path)
  assert.equal((await readdir(dir)).length, 2)
})

test('a process id that was used before, by another process or before a restart of the machine, is no holder', {
  skip: process.platform !== 'linux',
}, async (context) => {
  const dir = await freshDir(context)
  const path = join(dir, '.lock')
  const first = await lockFile(path)
  const [, record] = await readdir(dir)
  await first.release()
  const [dirIno, boot, space, pid, startedAt] = record!.slice('.lock.held-'.length).split('-')
  await writeFile(join(dir, `.lock.held-${dirIno}-${boot}-${space}-${pid}-1`), '')
  await writeFile(join(dir, `.lock.held-${dirIno}-0123456789ab-${space}-${pid}-${startedAt}`), '')
  const lock = await lockFile(path)
  assert.deepEqual((await readdir(dir)).sort(), ['.lock', record])
  await lock.release()
})

const hasPython = spawnSync('python3', ['-c', 'import fcntl']).status === 0

test('a POSIX lock, as the JVM of Apache Kafka takes one, is seen', {
  skip: process.platform !== 'linux' || !hasPython,
}, async (context) => {
  const dir = await freshDir(context)
  const path = join(dir, '.lock')
  const program =
    'import fcntl,sys,time; f=open(sys.argv[1],"w"); fcntl.lockf(f,fcntl.LOCK_EX); print("held",flush=True); time.sleep(1000)'
  const child = await holder(context, 'python3', ['-c', program, path])
  await assert.rejects(
    lockFile(path),
    (thrown) => thrown instanceof DiskError && /with a file lock, as Apache Kafka/.test(thrown.message),
  )
  assert.deepEqual(await readdir(dir), ['.lock'])
  child.kill('SIGKILL')
  await once(child, 'exit')
  await (await lockFile(path)).release()
})

test('a holder in another container is known by its touch; one that was left is not waited for', {
  skip: process.platform !== 'linux',
}, async (context) => {
  const dir = await freshDir(context)
  const path = join(dir, '.lock')
  const first = await lockFile(path)
  const [, record] = await readdir(dir)
  await first.release()
  const foreign = join(dir, record!.replace(/^(.lock.held-\d+-[0-9a-z]+)-\d+-\d+/, '$1-1234-77'))
  await writeFile(foreign, '')
  const touching = setInterval(() => void utimes(foreign, new Date(), new Date()), 300)
  context.after(() => clearInterval(touching))
  await assert.rejects(lockFile(path), /by process 77 of another container/)

  clearInterval(touching)
  const longAgo = new Date(Date.now() - 60_000)
  await utimes(foreign, longAgo, longAgo)
  const startedAt = Date.now()
  await (await lockFile(path)).release()
  assert.ok(Date.now() - startedAt < 5000)
  assert.deepEqual(await readdir(dir), ['.lock'])
})

test('a copy of a directory in use is free, and the original is not', async (context) => {
  const dir = await freshDir(context)
  const lock = await lockFile(join(dir, '.lock'))
  const copy = join(dir, 'copy')
  await mkdir(copy)
  for (const name of await readdir(dir)) if (name !== 'copy') await copyFile(join(dir, name), join(copy, name))
  const other = await lockFile(join(copy, '.lock'))
  assert.equal((await readdir(copy)).length, 2)
  await assert.rejects(lockFile(join(dir, '.lock')), /by this process itself/)
  await Promise.all([lock.release(), other.release()])
})
