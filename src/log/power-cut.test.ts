import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { batchOf, LogWorld, logConfig, readAll, seededRandom, settle, TOPIC_ID, valuesOf } from '../../test/support/log-world.ts'
import { PowerCutDisk } from '../../test/support/power-cut-disk.ts'

const step = fc.record({
  size: fc.nat(400),
  next: fc.constantFrom('nothing', 'nothing', 'nothing', 'flush', 'turn', 'turns', 'checkpoint', 'roll'),
})

test('whenever the power goes, everything flushed is there again, in order and without a hole', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 60 }), fc.integer(), async (steps, seed) => {
      const random = seededRandom(seed)
      const world = new LogWorld(logConfig({ 'internal.segment.bytes': 1500, 'index.interval.bytes': 200 }), new PowerCutDisk())
      const dir = await world.open()
      const log = await dir.createLog('t', 0, TOPIC_ID, world.config)
      const values: string[] = []
      for (const { size, next } of steps) {
        const value = `${values.length}${'.'.repeat(size)}`
        values.push(value)
        log.append(batchOf([value]), 1)
        if (next === 'flush') log.requestFlush()
        if (next === 'turn') await settle(1)
        if (next === 'turns') await settle(8)
        if (next === 'checkpoint') await dir.checkpoint()
        if (next === 'roll') log.roll()
      }
      const { flushedOffset } = log
      for (let life = 0; life < 2; life++) {
        world.disk = (world.disk as PowerCutDisk).cut(random)
        const again = (await world.open()).logs.get('t-0')
        assert.ok(again, 'a log that was made is there')
        assert.equal(again.topicId, TOPIC_ID)
        assert.ok(again.endOffset >= flushedOffset, `${again.endOffset} of ${flushedOffset} flushed`)
        assert.deepEqual(valuesOf(await readAll(again, 0, 900)), values.slice(0, again.endOffset))
        for (let offset = 0; offset < again.endOffset; offset += 3) {
          const read = await again.read(offset, 1, again.endOffset)
          assert.ok(read.sizeInBytes > 0)
          read.release()
        }
      }
    }),
    { numRuns: Number(process.env['POWER_CUT_RUNS'] ?? 60), includeErrorInReport: true },
  )
})
