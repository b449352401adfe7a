// What every Disk promises. Run over each implementation by disk.test.ts.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Disk, DiskError, type File } from '../../src/platform/disk.ts'
import fc from '../support/fast-check.ts'

export interface DiskUnderTest {
  readonly name: string
  /** A fresh disk and an existing empty directory on it. */
  make(): Promise<{ disk: Disk; dir: string }>
}

const text = (bytes: Uint8Array) => Buffer.from(bytes).toString('latin1')
const bytes = (of: string) => Buffer.from(of, 'latin1')

async function content(file: File, at = 0, length = file.size): Promise<string> {
  const read = await file.read(at, length)
  const found = text(Buffer.concat(read.views))
  read.release()
  return found
}

function hasCode(code: string) {
  return (thrown: unknown) => thrown instanceof DiskError && thrown.code === code && thrown.message.includes(code)
}

export function diskContract({ name, make }: DiskUnderTest): void {
  const fact = (what: string, run: (disk: Disk, dir: string) => Promise<void>) =>
    test(`${name}: ${what}`, async () => {
      const { disk, dir } = await make()
      await run(disk, dir)
    })

  fact('appends of all sizes keep their order while small and large ones are mixed', async (disk, dir) => {
    const file = await disk.open(`${dir}/a`)
    const parts = [10, 200_000, 1, 70_000, 0, 5, 1_000_000, 3].map((size, i) => Buffer.alloc(size, 97 + i))
    const written = parts.map((part) => file.append([part.subarray(0, part.length >> 1), part.subarray(part.length >> 1)]))
    assert.equal(file.size, 1_270_019, 'the size counts what is still being written')
    await Promise.all(written)
    await file.flush()
    assert.ok((await content(file)) === text(Buffer.concat(parts)))
    await file.close()
  })

  fact('a read sees everything appended before it, and less than asked for only at the end', async (disk, dir) => {
    const file = await disk.open(`${dir}/a`)
    const written = [file.append([Buffer.alloc(300_000, 'x')]), file.append([bytes('tail')])]
    assert.equal(await content(file, 299_998, 100), 'xxtail')
    assert.equal(await content(file, 300_004, 10), '')
    assert.equal(await content(file, 400_000, 10), '')
    await Promise.all(written)
    await file.close()
  })

  fact('more chunks than one system call takes are written whole', async (disk, dir) => {
    const file = await disk.open(`${dir}/a`)
    await file.append(Array.from({ length: 5000 }, (_, i) => bytes(String(i % 10))))
    assert.equal(await content(file), '0123456789'.repeat(500))
    await file.close()
  })

  fact('writing inside a file leaves the rest, and beyond its end fills with zeros', async (disk, dir) => {
    const file = await disk.open(`${dir}/a`)
    await file.append([bytes('0123456789')])
    await file.write(3, bytes('abc'))
    await file.write(12, bytes('z'))
    assert.equal(await content(file), '012abc6789\0\0z')
    await file.close()
  })

  fact('after truncate the next append continues there; a larger size adds zeros', async (disk, dir) => {
    const file = await disk.open(`${dir}/a`)
    await file.append([bytes('0123456789')])
    const seen = await file.read(0, 10)
    const cut = file.truncate(4)
    assert.equal(file.size, 4)
    const written = file.append([bytes('ab')])
    await Promise.all([cut, written])
    await file.truncate(8)
    assert.equal(await content(file), '0123ab\0\0')
    assert.equal(text(Buffer.concat(seen.views)), '0123456789', 'what was read stays as it was read')
    seen.release()
    await file.close()
  })

  fact('what was written is there when the file is opened again', async (disk, dir) => {
    const first = await disk.open(`${dir}/a`)
    await first.append([bytes('once')])
    await first.close()
    await first.close()
    const again = await disk.open(`${dir}/a`, 'never')
    assert.equal(again.size, 4)
    await again.append([bytes(' more')])
    assert.equal(await content(again), 'once more')
    await again.close()
  })

  fact('opening says what is wrong', async (disk, dir) => {
    await assert.rejects(disk.open(`${dir}/missing`, 'never'), hasCode('ENOENT'))
    await (await disk.open(`${dir}/a`, 'exclusive')).close()
    await assert.rejects(disk.open(`${dir}/a`, 'exclusive'), hasCode('EEXIST'))
    await assert.rejects(disk.open(`${dir}/no-such-directory/a`), hasCode('ENOENT'))
    await assert.rejects(disk.open(dir), hasCode('EISDIR'))
  })

  fact('directories are made with those above, listed by name, and removed whole', async (disk, dir) => {
    await disk.mkdir(`${dir}/t-1/deep`)
    await disk.mkdir(`${dir}/t-1/deep`)
    await disk.replaceAtomic(`${dir}/t-0`, bytes('12345'))
    await disk.replaceAtomic(`${dir}/T`, bytes(''))
    await disk.replaceAtomic(`${dir}/t-1/deep/file`, bytes('x'))
    await disk.flushDirectory(dir)
    assert.deepEqual(await disk.list(dir), [
      { name: 'T', isDirectory: false, sizeInBytes: 0 },
      { name: 't-0', isDirectory: false, sizeInBytes: 5 },
      { name: 't-1', isDirectory: true, sizeInBytes: 0 },
    ])
    await disk.removeTree(`${dir}/t-1`)
    await disk.removeTree(`${dir}/t-1`)
    assert.deepEqual(await disk.list(`${dir}/t-1`), [])
    assert.equal(await disk.exists(`${dir}/t-1/deep/file`), false)
  })

  fact('a renamed directory takes its files along, open ones too', async (disk, dir) => {
    await disk.mkdir(`${dir}/t-0`)
    const file = await disk.open(`${dir}/t-0/log`)
    await file.append([bytes('before')])
    await disk.rename(`${dir}/t-0`, `${dir}/t-0-delete`)
    await file.append([bytes(' after')])
    assert.equal(text((await disk.readAtomic(`${dir}/t-0-delete/log`))!), 'before after')
    assert.equal(await disk.exists(`${dir}/t-0`), false)
    await disk.remove(`${dir}/t-0-delete/log`)
    await disk.remove(`${dir}/t-0-delete/log`)
    await file.append([bytes('!')])
    assert.equal(await content(file), 'before after!', 'a removed file lives on for those who have it open')
    await file.close()
    await assert.rejects(disk.rename(`${dir}/missing`, `${dir}/x`), hasCode('ENOENT'))
  })

  fact('replaceAtomic leaves the last bytes, whole, and nothing beside them', async (disk, dir) => {
    assert.equal(await disk.readAtomic(`${dir}/checkpoint`), null)
    await disk.replaceAtomic(`${dir}/checkpoint`, bytes('a longer first content'))
    await Promise.all(['1', '22', '333'].map((version) => disk.replaceAtomic(`${dir}/checkpoint`, bytes(version))))
    assert.equal(text((await disk.readAtomic(`${dir}/checkpoint`))!), '333')
    assert.deepEqual(
      (await disk.list(dir)).map((entry) => entry.name),
      ['checkpoint'],
    )
    await assert.rejects(disk.replaceAtomic(`${dir}/no-such-directory/x`, bytes('')), hasCode('ENOENT'))
  })

  fact('a lock has one holder, says who, and can be taken again', async (disk, dir) => {
    const lock = await disk.lock(`${dir}/.lock`)
    await assert.rejects(
      disk.lock(`${dir}/.lock`),
      (thrown) => thrown instanceof DiskError && thrown.code === 'ELOCKED' && /this process/.test(thrown.message),
    )
    await lock.release()
    await lock.release()
    await (await disk.lock(`${dir}/.lock`)).release()
    await assert.rejects(disk.lock(`${dir}/no-such-directory/.lock`), hasCode('ENOENT'))
  })

  fact('space is told', async (disk, dir) => {
    const { total, usable } = await disk.space(dir)
    assert.ok(total > 0 && usable > 0 && usable <= total)
  })

  fact('using a closed file is a bug that is noticed', async (disk, dir) => {
    const file = await disk.open(`${dir}/a`)
    await file.close()
    await assert.rejects(async () => file.append([bytes('x')]), /after it was closed/)
    await assert.rejects(async () => file.read(0, 1), /after it was closed/)
  })

  fact('any sequence of appends, writes, cuts and reads gives what an array of bytes would give', async (disk, dir) => {
    const size = fc.oneof(fc.nat(200), fc.nat(150_000))
    const step = fc.oneof(
      fc.record({ do: fc.constant('append' as const), size, at: fc.constant(0) }),
      fc.record({ do: fc.constant('write' as const), size, at: fc.double({ min: 0, max: 1.2, noNaN: true }) }),
      fc.record({ do: fc.constant('cut' as const), size: fc.constant(0), at: fc.double({ min: 0, max: 1.1, noNaN: true }) }),
      fc.record({ do: fc.constant('read' as const), size, at: fc.double({ min: 0, max: 1, noNaN: true }) }),
    )
    let run = 0
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 25 }), async (steps) => {
        const file = await disk.open(`${dir}/random-${run++}`, 'exclusive')
        let model = Buffer.alloc(0)
        const pending: Promise<unknown>[] = []
        for (const [i, { do: what, at: share, size }] of steps.entries()) {
          const fill = Buffer.alloc(size, i + 1)
          const at = Math.floor(share * model.length)
          if (what === 'append') {
            pending.push(file.append([fill]))
            model = Buffer.concat([model, fill])
          } else if (what === 'write') {
            pending.push(file.write(at, fill))
            const longer = Buffer.alloc(size === 0 ? model.length : Math.max(model.length, at + size))
            model.copy(longer)
            fill.copy(longer, at)
            model = longer
          } else if (what === 'cut') {
            pending.push(file.truncate(at))
            const other = Buffer.alloc(at)
            model.copy(other)
            model = other
          } else {
            assert.ok(
              (await content(file, at, size)) === text(model.subarray(at, at + size)),
              `read of ${size} at ${at} in step ${i}`,
            )
          }
          assert.equal(file.size, model.length)
        }
        await Promise.all(pending)
        assert.ok((await content(file)) === text(model), 'the whole at the end')
        await file.close()
        await disk.remove(file.path)
      }),
      { numRuns: 40 },
    )
  })
}
