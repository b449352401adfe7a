// What only a real disk does: fail, fill up, be slow.

import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { AssertionFailed } from '../../base/assert.ts'
import { DiskError } from '../disk.ts'
import { nodeDisk } from './disk.ts'
import { diskError } from './disk-errors.ts'

const saysWhatToDo = (code: string) => (thrown: unknown) =>
  thrown instanceof DiskError && thrown.code === code && /:.*: /.test(thrown.message)

test('every failure that an operator can mend says how', () => {
  for (const code of ['ENOSPC', 'EDQUOT', 'EACCES', 'EPERM', 'EROFS', 'EIO', 'EMFILE', 'ENFILE']) {
    const { message } = diskError('/data/x', 'write to', Object.assign(new Error('raw'), { code }))
    assert.match(message, new RegExp(`^could not write to /data/x: .{40,}\\(${code}\\)$`))
  }
  assert.match(diskError('/x', 'open', Object.assign(new Error('odd thing'), { code: 'EODD' })).message, /odd thing/)
})

test('what is no failure of the operating system is no DiskError: a defect of ours shall not look like a broken disk', async () => {
  const disk = nodeDisk()
  await assert.rejects(disk.list(7 as never), (thrown) => thrown instanceof TypeError && !(thrown instanceof DiskError))
  await assert.rejects(disk.remove('a\0b'), (thrown) => !(thrown instanceof DiskError))
  for (const own of [new TypeError('undefined is not a function'), new AssertionFailed('what should have held')])
    assert.equal(diskError('/x', 'open', own), own)
})

test('a full device fails small and large appends, and the file keeps its size', {
  skip: process.platform !== 'linux',
}, async () => {
  const file = await nodeDisk().open('/dev/full', 'never')
  await assert.rejects(file.append([Buffer.alloc(10)]), saysWhatToDo('ENOSPC'))
  assert.equal(file.size, 0)
  const [large, behind] = [file.append([Buffer.alloc(300_000)]), file.append([Buffer.alloc(10)])]
  await Promise.all([assert.rejects(large, DiskError), assert.rejects(behind, DiskError)])
  assert.equal(file.size, 0)
  await file.close()
})

/** A file system of `size` that ends with the test; null where mounts are not allowed. */
async function smallFileSystem(context: TestContext, size: string): Promise<string | null> {
  const dir = await mkdtemp(join(tmpdir(), 'odradek-small-'))
  const isMounted = spawnSync('mount', ['-t', 'tmpfs', '-o', `size=${size}`, 'odradek-test', dir]).status === 0
  context.after(async () => {
    if (isMounted) spawnSync('umount', ['-l', dir])
    await rm(dir, { recursive: true, force: true })
  })
  return isMounted ? dir : null
}

test('when space is gone appends fail whole, and go on where they were when it is back', async (context) => {
  const dir = await smallFileSystem(context, '1m')
  if (!dir) return context.skip('mounts are not allowed here')
  const disk = nodeDisk()
  const ballast = await disk.open(`${dir}/ballast`)
  await ballast.append([Buffer.alloc(600_000)])
  const file = await disk.open(`${dir}/log`)
  await file.append([Buffer.alloc(50_000, 'a')])
  const failed = [file.append([Buffer.alloc(500_000, 'b')]), file.append([Buffer.alloc(10, 'c')]), file.flush()]
  await Promise.all(failed.map((failure) => assert.rejects(failure, saysWhatToDo('ENOSPC'))))
  assert.equal(file.size, 50_000)
  await assert.rejects(disk.replaceAtomic(`${dir}/large`, Buffer.alloc(500_000)), saysWhatToDo('ENOSPC'))

  await ballast.close()
  await disk.remove(`${dir}/ballast`)
  await disk.remove(`${dir}/large.tmp`)
  await file.append([Buffer.alloc(500_000, 'd')])
  await file.flush()
  await file.close()
  const found = Buffer.from((await disk.readAtomic(`${dir}/log`))!).toString('latin1')
  assert.ok(found === 'a'.repeat(50_000) + 'd'.repeat(500_000), 'no byte of what failed is left')
})
