import assert from 'node:assert/strict'
import { test } from 'node:test'
import { batchOf, LogWorld, logConfig, settle, TOPIC_ID } from '../../test/support/log-world.ts'
import type { Disk } from '../platform/disk.ts'

test('a read from a segment whose index came from a file looks at no place twice', async () => {
  const reads: string[] = []
  const world = new LogWorld(logConfig({ 'internal.segment.bytes': 400_000 }))
  const dir = await world.open()
  const log = await dir.createLog('t', 0, TOPIC_ID, world.config)
  for (let i = 0; i < 900; i++) log.append(batchOf(['x'.repeat(1000)]), 0)
  await log.flushed()
  await settle(50)
  await dir.close({ brokerEpoch: 1 })
  world.disk = noting(world.disk, reads)
  const again = (await world.open({ tailBytes: 0 })).logs.get('t-0')!
  ;(await again.read(50, 10_000, again.endOffset)).release() // the indexes are in memory from here on
  for (const from of [100, 101, 200]) {
    reads.length = 0
    ;(await again.read(from, 10_000, again.endOffset)).release()
    assert.equal(reads.length, new Set(reads).size, `${from}: ${reads}`)
    assert.ok(reads.length > 0)
  }
})

/** Notes where the log files are read. */
function noting(disk: Disk, reads: string[]): Disk {
  const { open } = disk
  disk.open = async (...args) => {
    const file = await open.apply(disk, args)
    if (!args[0].endsWith('.log')) return file
    const { read } = file
    file.read = (at, length) => {
      reads.push(`${at}+${length}`)
      return read.call(file, at, length)
    }
    return file
  }
  return disk
}
