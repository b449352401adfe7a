import assert from 'node:assert/strict'
import { test } from 'node:test'
import { DiskError } from '../disk.ts'
import { memoryDisk } from './disk.ts'

const isFull = (thrown: unknown) => thrown instanceof DiskError && thrown.code === 'ENOSPC'

test('beyond its bound the disk is full, nothing is half done, and what is removed makes room', async () => {
  const disk = memoryDisk(1000)
  await disk.mkdir('/d')
  const file = await disk.open('/d/a')
  await file.append([new Uint8Array(600)])
  await assert.rejects(file.append([new Uint8Array(400), new Uint8Array(1)]), isFull)
  await assert.rejects(file.write(900, new Uint8Array(101)), isFull)
  await assert.rejects(file.truncate(1001), isFull)
  await assert.rejects(disk.replaceAtomic('/d/new', new Uint8Array(401)), isFull)
  await assert.rejects(
    disk.replaceAtomic('/nowhere/new', new Uint8Array(1)),
    (thrown) => thrown instanceof DiskError && thrown.code === 'ENOENT',
  )
  assert.deepEqual(
    [file.size, await disk.list('/d'), await disk.space('/d')],
    [600, [{ name: 'a', isDirectory: false, sizeInBytes: 600 }], { total: 1000, usable: 400 }],
  )
  await file.truncate(100)
  await disk.replaceAtomic('/d/b', new Uint8Array(900))
  assert.deepEqual(await disk.space('/d'), { total: 1000, usable: 0 })
  await disk.remove('/d/a')
  await file.append([new Uint8Array(50)]) // still open: not counted any more
  await disk.removeTree('/d')
  assert.deepEqual(await disk.space('/d'), { total: 1000, usable: 1000 })
})

test('ten megabytes in small appends take linear time and views cost no copy', async () => {
  const disk = memoryDisk(1 << 30)
  const file = await disk.open('log')
  const chunk = new Uint8Array(1000)
  for (let i = 0; i < 10_000; i++) await file.append([chunk])
  const { views } = await file.read(64 * 1024 - 10, 20)
  assert.deepEqual(
    views.map((view) => view.length),
    [10, 10],
  )
  assert.equal(views[1]!.buffer, (await file.read(64 * 1024, 5)).views[0]!.buffer)
})
