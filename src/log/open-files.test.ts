import assert from 'node:assert/strict'
import { test } from 'node:test'
import { settle } from '../../test/support/log-world.ts'
import { slowDisk } from '../../test/support/slow-disk.ts'
import type { File } from '../platform/disk.ts'
import { memoryDisk } from '../platform/memory/disk.ts'
import { OpenFiles } from './open-files.ts'

const append = (text: string) => (file: File) => file.append([Buffer.from(text)])

test('idle files beyond the bound are closed, the one used longest ago first, and open again when they are used', async () => {
  const disk = memoryDisk(1 << 20)
  const opened: string[] = []
  const open = disk.open.bind(disk)
  disk.open = (path, create) => {
    opened.push(path)
    return open(path, create)
  }
  const files = new OpenFiles(disk, 2, assert.ifError)
  const [a, b, c] = ['/a', '/b', '/c'].map((path) => files.handle(path)) as [
    ReturnType<OpenFiles['handle']>,
    ReturnType<OpenFiles['handle']>,
    ReturnType<OpenFiles['handle']>,
  ]
  for (const one of [a, b, a, c]) await one.use(append('x'))
  await settle()
  assert.equal(files.count, 2)
  await a.use(append('y'))
  assert.deepEqual(opened, ['/a', '/b', '/c'])
  await b.use(append('y'))
  assert.deepEqual(opened, ['/a', '/b', '/c', '/b'])
  assert.equal(Buffer.from((await disk.readAtomic('/b'))!).toString(), 'xy')
})

test('a file in use or with bytes that are not flushed stays open', async () => {
  const files = new OpenFiles(memoryDisk(1 << 20), 0, assert.ifError)
  const [busy, dirty] = [files.handle('/busy'), files.handle('/dirty')]
  dirty.isDirty = true
  let finish!: () => void
  const using = busy.use(() => new Promise<void>((resolve) => (finish = resolve)))
  await dirty.use(append('x'))
  await settle()
  assert.equal(files.count, 2)
  finish()
  await using
  await files.handle('/other').use(append('x'))
  await settle()
  assert.equal(files.count, 1)
})

test('all who close a file hear when it is closed, and one that is closed for good is not opened again', async () => {
  const { disk, open } = slowDisk()
  const handle = new OpenFiles(disk, 8, assert.ifError).handle('/a')
  const using = handle.use(append('x'))
  await Promise.all([handle.close(), handle.close(), handle.end()])
  await using
  assert.deepEqual(open, [])
  await assert.rejects(handle.use(append('y')), { name: 'ClosedFile' })
  assert.deepEqual(open, [])
})
