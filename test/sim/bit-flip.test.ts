import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Disk } from '../../src/platform/disk.ts'
import { World } from '../../src/platform/sim/world.ts'
import { batchOf } from '../support/log-world.ts'
import { flipOneBit } from './bit-flip.ts'
import { History } from './history.ts'

const CHECKPOINT = '/data/recovery-point-offset-checkpoint'

async function write(disk: Disk, path: string, bytes: Uint8Array): Promise<void> {
  const file = await disk.open(path)
  await file.append([bytes])
  await file.flush()
  await file.close()
}

test('a bit turns over only below the recovery point that a power cut leaves', async () => {
  const world = new World({ seed: 1, turn: () => new Promise(setImmediate) })
  world.events.runFree()
  const machine = world.machine('broker')
  const { disk } = machine.start().platform
  await disk.mkdir('/data/load-0')
  await write(disk, '/data/load-0/00000000000000000000.log', batchOf(['a']).slice())
  await write(disk, '/data/load-0/00000000000000000001.log', batchOf(['b'], { baseOffset: 1 }).slice())
  for (const dir of ['/data/load-0', '/data', '/']) await disk.flushDirectory(dir)
  await write(disk, `${CHECKPOINT}.tmp`, Buffer.from('0\n1\nload 0 1\n'))
  await disk.rename(`${CHECKPOINT}.tmp`, CHECKPOINT)
  const history = new History(1, { mishaps: () => 0, starts: [] })
  const flip = () => flipOneBit(machine.device, history, world.random)

  flip()
  assert.deepEqual(history.partitions[0]!.damages, [], 'the name of the checkpoint is not on the device')
  await disk.flushDirectory('/data')
  flip()
  assert.deepEqual(history.partitions[0]!.damages, [{ startOffset: 0, endOffset: 1 }])
})
