// Regions of files through real sockets: whole, in order, to slow readers, and what ends them half way.

import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import v8 from 'node:v8'
import { runInNewContext } from 'node:vm'
import type { FileRegion } from '../../base/chunk.ts'
import type { File } from '../disk.ts'
import type { Connection } from '../network.ts'
import { nodeDisk } from './disk.ts'
import { nodeNetwork } from './network.ts'
import { sendfileCalls } from './sendfile.ts'

const skip = sendfileCalls() === null && 'no sendfile here'
const CONTENT = randomBytes(24 * 1024 * 1024)

test('64-bit Linux has sendfile', { skip: process.platform !== 'linux' || !['x64', 'arm64'].includes(process.arch) }, () => {
  assert.notEqual(sendfileCalls(), null)
})

async function fileOf(context: TestContext): Promise<File> {
  const dir = await mkdtemp(join(tmpdir(), 'odradek-region-'))
  context.after(() => rm(dir, { recursive: true, force: true }))
  const file = await nodeDisk().open(`${dir}/file`)
  await file.append([CONTENT])
  return file
}

/** Both ends of a connection; the reader reads nothing until it is resumed, and keeps what it read. */
async function pair(context: TestContext) {
  const network = nodeNetwork()
  let accepted: (connection: Connection) => void = () => {}
  const accepting = new Promise<Connection>((resolve) => {
    accepted = resolve
  })
  const listener = await network.listen({ host: '127.0.0.1', port: 0 }, (connection) => accepted(connection))
  const reader = await network.connect({ host: '127.0.0.1', port: listener.address.port })
  const sender = await accepting
  const came: Buffer[] = []
  const buffer = Buffer.alloc(256 * 1024)
  const over = new Promise<void>((resolve) => reader.onClose(() => resolve()))
  reader.onData({ buffer: () => buffer, received: (length) => void came.push(Buffer.from(buffer.subarray(0, length))) })
  reader.pause()
  context.after(async () => {
    sender.close()
    reader.close()
    await listener.close()
  })
  const size = () => came.reduce((sum, { length }) => sum + length, 0)
  return { sender, reader, over, size, came: () => Buffer.concat(came) }
}

function region(file: File, at: number, length: number): FileRegion {
  const found = file.region(at, length)
  assert.ok(found)
  return found
}

async function until(condition: () => boolean): Promise<void> {
  for (let looks = 0; !condition(); looks++) {
    assert.ok(looks < 10_000, 'what was waited for did not come')
    await new Promise((resolve) => setTimeout(resolve, 1))
  }
}

test('bytes and regions leave in their order, to a reader that is slow, with what is sent behind them', {
  skip,
}, async (context) => {
  const file = await fileOf(context)
  const { sender, reader, came, size } = await pair(context)
  const first = region(file, 5, 9_000_000)
  const second = region(file, 10_000_000, 12_000_000)
  const sent = sender.send([Buffer.from('one'), first, Buffer.from('two'), second, Buffer.from('three')])
  await new Promise((resolve) => setImmediate(resolve))
  const behind = sender.send([Buffer.from('four')])
  assert.equal(sender.unsent, 3 + 9_000_000 + 3 + 12_000_000 + 5 + 4)
  reader.resume()
  await Promise.all([sent, behind])
  first.release()
  second.release()
  assert.equal(sender.unsent, 0)
  const expected = Buffer.concat([
    Buffer.from('one'),
    CONTENT.subarray(5, 9_000_005),
    Buffer.from('two'),
    CONTENT.subarray(10_000_000, 22_000_000),
    Buffer.from('threefour'),
  ])
  await until(() => size() >= expected.length)
  assert.ok(came().equals(expected))
  await file.close()
})

test('a region outlives its file: closed, and removed', { skip }, async (context) => {
  const file = await fileOf(context)
  const { sender, reader, came, size } = await pair(context)
  const whole = region(file, 0, CONTENT.length)
  await file.close()
  await nodeDisk().remove(file.path)
  reader.resume()
  await sender.send([whole])
  whole.release()
  await until(() => size() === CONTENT.length)
  assert.ok(came().equals(CONTENT))
})

test('what is not written yet, or not there, is no region', { skip }, async (context) => {
  const file = await fileOf(context)
  assert.equal(file.region(CONTENT.length - 10, 11), null)
  const appending = file.append([Buffer.alloc(1024 * 1024)])
  assert.equal(file.region(CONTENT.length, 10), null)
  await appending
  const written = region(file, CONTENT.length, 10)
  written.release()
  await file.close()
})

test('a file that is cut off while it is sent breaks the connection, with less than was promised', { skip }, async (context) => {
  const file = await fileOf(context)
  const { sender, reader, over, came } = await pair(context)
  const whole = region(file, 0, CONTENT.length)
  await file.truncate(20_000_000)
  const why = new Promise<Error | undefined>((resolve) => sender.onClose(resolve))
  const sent = sender.send([whole])
  reader.resume()
  await assert.rejects(sent)
  assert.match(String(await why), /ends at 20000000/)
  await over
  assert.ok(came().length <= 20_000_000)
  assert.ok(came().equals(CONTENT.subarray(0, came().length)))
  whole.release()
  await file.close()
})

test('a connection that closes half way gives every descriptor back', { skip }, async (context) => {
  const file = await fileOf(context)
  const descriptors = async () => (await readdir('/proc/self/fd')).length
  const before = await descriptors()
  for (const end of ['sender', 'reader'] as const) {
    const both = await pair(context)
    const whole = region(file, 0, CONTENT.length)
    const sent = both.sender.send([whole])
    await new Promise((resolve) => setTimeout(resolve, 5))
    both[end].close()
    if (end === 'reader') both.sender.onData({ buffer: () => Buffer.alloc(1), received() {} }) // it hears of the end by reading
    await assert.rejects(sent)
    whole.release()
    both.sender.close()
    both.reader.close()
  }
  for (let looks = 0; (await descriptors()) > before + 2 && looks < 1000; looks++)
    await new Promise((resolve) => setTimeout(resolve, 5))
  assert.ok((await descriptors()) <= before + 2, 'the two listeners are all that is left')
  await file.close()
})

test('many at a time, while garbage is collected, are what they were', { skip }, async (context) => {
  v8.setFlagsFromString('--expose-gc')
  const collect = runInNewContext('gc') as () => void
  const file = await fileOf(context)
  const both = await Promise.all(Array.from({ length: 12 }, () => pair(context)))
  const canaries: Buffer[] = []
  const lengths = Array.from({ length: 40 }, (_, i) => 128 * 1024 + i * 1009)
  const total = lengths.reduce((sum, length) => sum + length, 0)
  for (const { sender, reader } of both) {
    reader.resume()
    for (const length of lengths) {
      const one = region(file, length, length)
      void sender.send([one]).finally(() => one.release())
    }
  }
  for (let looks = 0; both.some(({ size }) => size() < total); looks++) {
    assert.ok(looks < 10_000, 'not all of it came')
    collect()
    for (let i = 0; i < 100; i++) canaries.push(Buffer.from(new ArrayBuffer(8)))
    await new Promise((resolve) => setImmediate(resolve))
  }
  assert.ok(
    canaries.every((canary) => canary.readBigInt64LE() === 0n),
    'memory that was free was written to',
  )
  const expected = Buffer.concat(lengths.map((length) => CONTENT.subarray(length, 2 * length)))
  for (const { came } of both) assert.ok(came().equals(expected))
  await file.close()
})
