import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { chmod, chown, mkdir, mkdtemp, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { pathToFileURL } from 'node:url'
import { promisify } from 'node:util'
import { loadProgram } from './code-cache.ts'

interface Program {
  readonly answer: number
  readonly fail: () => never
}

const text = (answer: number) => `exports.answer = ${answer}
exports.fail = function failing() { throw new Error('on line 2 of ' + require('node:path').basename(__filename)) }
`

async function scene(context: TestContext) {
  const dir = await mkdtemp(join(tmpdir(), 'odradek-code-'))
  context.after(() => rm(dir, { recursive: true, force: true }))
  const path = join(dir, 'program.cjs')
  const folder = join(dir, 'code-cache')
  await writeFile(path, text(41))
  const load = () => loadProgram<Program>(pathToFileURL(path))
  const kept = async () => join(folder, (await readdir(folder))[0]!)
  return { dir, path, folder, load, kept }
}

test('what was compiled is kept, and the next start runs from it', async (t) => {
  const { load, folder } = await scene(t)
  const first = load()
  assert.deepEqual([first.wasKept, first.exports.answer], [false, 41])
  assert.equal(await first.keep(), true)
  const second = load()
  assert.deepEqual([second.wasKept, second.exports.answer], [true, 41])
  assert.equal(await second.keep(), true)
  assert.equal((await readdir(folder)).length, 1)
})

test('either way stacks name the file and its lines', async (t) => {
  const { load, path } = await scene(t)
  for (const program of [load(), load()]) {
    assert.throws(program.exports.fail, (thrown: Error) => {
      assert.ok(thrown.stack!.includes(`${path}:2:`), thrown.stack)
      assert.match(thrown.stack!, /^Error: on line 2 of program\.cjs\n +at .*\bfailing\b/)
      return true
    })
    await program.keep()
  }
})

test('another text of the same length is compiled, and kept in its place', async (t) => {
  const { load, path, folder } = await scene(t)
  await load().keep()
  await writeFile(path, text(42))
  const changed = load()
  assert.deepEqual([changed.wasKept, changed.exports.answer], [false, 42])
  await changed.keep()
  assert.deepEqual([load().wasKept, (await readdir(folder)).length], [true, 1])
})

test('a damaged, cut or empty file is not looked at, and replaced', async (t) => {
  const { load, kept } = await scene(t)
  await load().keep()
  const file = await kept()
  const whole = await readFile(file)
  const flipped = [0, whole.length >> 1, whole.length - 1].map((at) => {
    const damaged = Buffer.from(whole)
    damaged[at]! ^= 1
    return damaged
  })
  for (const bytes of [...flipped, whole.subarray(0, -1), whole.subarray(0, 7), Buffer.alloc(0)]) {
    await writeFile(file, bytes)
    const program = load()
    assert.deepEqual([program.wasKept, program.exports.answer], [false, 41])
    await program.keep()
    assert.equal(load().wasKept, true)
  }
})

test('other flags of V8 have a file of their own; V8 refuses it where it comes under the wrong name', async (t) => {
  const { path, folder, kept } = await scene(t)
  const module = JSON.stringify(new URL('./code-cache.js', import.meta.url).href)
  // In processes of their own: V8 remembers what it compiled in this one.
  const program = `const { loadProgram } = await import(${module})
    const program = loadProgram(new URL(${JSON.stringify(pathToFileURL(path).href)}))
    console.log(program.wasKept, program.exports.answer, await program.keep())`
  const run = async (...flags: string[]) =>
    (await promisify(execFile)(process.execPath, [...flags, '--input-type=module', '-e', program])).stdout
  assert.equal(await run(), 'false 41 true\n')
  const own = await kept()
  assert.equal(await run('--max-lazy'), 'false 41 true\n')
  assert.equal(await run('--max-lazy'), 'true 41 true\n')
  assert.equal(await run(), 'true 41 true\n')
  const foreign = (await readdir(folder)).map((name) => join(folder, name)).find((file) => file !== own)
  await rename(foreign!, own)
  assert.equal(await run(), 'false 41 true\n')
  assert.equal(await run(), 'true 41 true\n')
})

test('nothing is read from a folder that others may write, and nothing is kept there', async (t) => {
  const { load, folder } = await scene(t)
  await load().keep()
  for (const mode of [0o775, 0o757]) {
    await chmod(folder, mode)
    const program = load()
    assert.deepEqual([program.wasKept, program.exports.answer], [false, 41])
    assert.equal(await program.keep(), false)
  }
})

test('a package that this user does not own, or cannot write, has none', async (t) => {
  const { load, dir, path } = await scene(t)
  if (process.getuid?.() === 0) await chown(path, 4711, 4711)
  else await chmod(dir, 0o555)
  const program = load()
  assert.deepEqual([program.exports.answer, await program.keep()], [41, false])
  assert.deepEqual(await readdir(dir), ['program.cjs'])
  await chmod(dir, 0o755)
})

test('where the folder cannot be, the program runs all the same', async (t) => {
  const { load, folder } = await scene(t)
  await writeFile(folder, '')
  const program = load()
  assert.deepEqual([program.exports.answer, await program.keep()], [41, false])
})

test('a program that was removed while it ran keeps nothing, and goes on', async (t) => {
  const { load, dir } = await scene(t)
  const program = load()
  await rm(dir, { recursive: true })
  assert.equal(await program.keep(), false)
  assert.equal(program.exports.answer, 41)
})

test('the files of many versions of Node do not pile up', async (t) => {
  const { load, folder } = await scene(t)
  await mkdir(folder)
  for (let version = 1; version <= 16; version++) await writeFile(join(folder, `v${version}`), '')
  assert.equal(await load().keep(), true)
  assert.equal((await readdir(folder)).length, 1)
})
