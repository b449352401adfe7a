import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from '../../test/support/fast-check.ts'
import { DiskError } from '../platform/disk.ts'
import { Volume } from './volume.ts'

const bytes = (text: string) => Buffer.from(text)
const text = (volume: Volume, path: string) => {
  const found = volume.readAtomic(path)
  return found && Buffer.from(found).toString()
}

function made() {
  const volume = new Volume(1 << 20, '/logs')
  const file = (path: string) => {
    const inode = volume.open(path, 'ifMissing')
    return {
      inode,
      write: (at: number, what: string) =>
        volume.change(path, inode, Math.max(inode.size, at + what.length), () => inode.write(at, bytes(what))),
      cut: (size: number) => volume.change(path, inode, size, () => inode.resize(size)),
    }
  }
  return { volume, file }
}

test('a power cut leaves what was flushed, of contents and of names', () => {
  const { volume, file } = made()
  const kept = file('/logs/kept')
  kept.write(0, 'flushed')
  kept.inode.flush()
  volume.flushDirectory('/logs')
  kept.write(7, ' and not')
  kept.write(0, 'F')
  file('/logs/unnamed').inode.flush()
  volume.replaceAtomic('/logs/whole', bytes('atomic'))
  file('/logs/late').inode.flush()
  volume.remove('/logs/kept')
  volume.powerCut()
  assert.deepEqual(
    volume.list('/logs').map(({ name }) => name),
    ['kept', 'unnamed', 'whole'], // what is replaced atomically brings the names of its directory along
  )
  assert.equal(text(volume, '/logs/kept'), 'flushed')
  assert.equal(text(volume, '/logs/whole'), 'atomic')
  assert.equal(volume.space.total - volume.space.usable, 'flushedatomic'.length)
})

test('whatever is written over, cut and appended since the flush, a power cut brings the flushed bytes back', () => {
  const step = fc.record({ at: fc.nat(30), length: fc.nat(20), cuts: fc.boolean() })
  fc.assert(
    fc.property(fc.array(step, { maxLength: 8 }), fc.array(step, { maxLength: 12 }), (before, since) => {
      const { volume, file } = made()
      const one = file('/logs/one')
      const run = (steps: typeof before) => {
        for (const { at, length, cuts } of steps) {
          if (cuts) one.cut(at)
          else if (length > 0) one.write(at, String(length % 10).repeat(length))
        }
      }
      run(before)
      one.inode.flush()
      volume.flushDirectory('/logs')
      const flushed = text(volume, '/logs/one')
      run(since)
      volume.powerCut()
      assert.equal(text(volume, '/logs/one'), flushed)
      assert.equal(volume.space.total - volume.space.usable, flushed!.length)
    }),
  )
})

test('a directory comes back with what was flushed in it, under the name that was', () => {
  const { volume, file } = made()
  volume.mkdir('/logs/t-0')
  volume.flushDirectory('/logs')
  file('/logs/t-0/log').write(0, 'x')
  file('/logs/t-0/log').inode.flush()
  volume.flushDirectory('/logs/t-0')
  volume.rename('/logs/t-0', '/logs/t-0-delete')
  volume.removeTree('/logs/t-0-delete')
  volume.powerCut()
  assert.equal(text(volume, '/logs/t-0/log'), 'x')
  assert.equal(volume.has('/logs/t-0-delete'), false)
})

test('it is full at its size, and has room again when something goes', () => {
  const volume = new Volume(10, '/logs')
  volume.replaceAtomic('/logs/a', bytes('12345'))
  const isFull = (thrown: unknown) => thrown instanceof DiskError && thrown.code === 'ENOSPC'
  assert.throws(() => volume.replaceAtomic('/logs/b', bytes('123456')), isFull)
  volume.remove('/logs/a')
  volume.replaceAtomic('/logs/b', bytes('123456'))
  assert.equal(volume.space.usable, 4)
})
