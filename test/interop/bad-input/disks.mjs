/**
 * Directories that are taken, not writable or full. The judges may run as root, whom permission bits do not stop, so "not writable" is
 * a path below a regular file and, where mounting is allowed, a read-only file system; "full" is a small tmpfs, skipped without mounts.
 */
import assert from 'node:assert/strict'
import { mkdirSync, rmSync, statfsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { letterBatch } from '../lib/batch.mjs'
import { must, run } from '../lib/processes.mjs'
import { Skip } from '../lib/report.mjs'
import { api, Connection, createTopic, metadata, offsetAt, produceBody, readProduced, untilServed } from '../lib/wire.mjs'
import { othersAreServed } from './frames.mjs'

export async function disks({ report, workDir, startBroker }) {
  await report.test(
    'a second broker on the same directory refuses and says why; the first is unharmed',
    async () => {
      const dir = join(workDir, 'taken')
      const first = await startBroker({ dir })
      const said = await whyItRefuses(startBroker, { dir: join(workDir, 'second'), overrides: { 'log.dirs': first.dataDir } })
      assert.match(said, /lock|in use|another/i)
      assert.ok(said.includes(first.dataDir), `the message does not name ${first.dataDir}`)
      await othersAreServed(first.bootstrap)
      await first.stop()
    },
    { timeoutMs: 90_000 },
  )

  await report.test('a directory below a regular file is refused with its name', async () => {
    const file = join(workDir, 'file')
    writeFileSync(file, 'not a directory')
    const said = await whyItRefuses(startBroker, { dir: join(workDir, 'below'), overrides: { 'log.dirs': join(file, 'data') } })
    assert.ok(said.includes(join(file, 'data')), `the message does not name ${join(file, 'data')}`)
  })

  await report.test('a read-only file system is refused with its name', () =>
    withTmpfs(join(workDir, 'read-only'), ['-o', 'size=1m,ro'], async (dir) => {
      const said = await whyItRefuses(startBroker, {
        dir: join(workDir, 'on-read-only'),
        overrides: { 'log.dirs': join(dir, 'data') },
      })
      assert.ok(said.includes(dir), `the message does not name ${dir}`)
      assert.match(said, /read-only|EROFS|writable/i)
    }),
  )

  await report.test(
    'a full disk: an error or a hang-up, a log line, and nothing acknowledged is lost once there is room',
    () => withTmpfs(join(workDir, 'full'), ['-o', 'size=96m'], (mount) => fillUp(mount, workDir, startBroker)),
    { timeoutMs: 150_000 },
  )
}

/** Starts a broker that must not come up; gives what it said when it ended with an exit code other than 0. */
async function whyItRefuses(startBroker, settings) {
  try {
    const broker = await startBroker({ readyMs: 30_000, ...settings })
    await broker.kill()
  } catch (error) {
    const [, code] = /ended with (\d+|null)/.exec(error.message) ?? []
    assert.ok(code !== undefined && code !== '0', error.message)
    return error.message
  }
  throw new Error('it started')
}

export async function withTmpfs(dir, options, body) {
  mkdirSync(dir, { recursive: true })
  const mounted = await run('mount', ['-t', 'tmpfs', ...options, 'tmpfs', dir])
  if (mounted.code !== 0) throw new Skip(`mounting is not allowed here: ${mounted.stderr.trim()}`)
  try {
    return await body(dir)
  } finally {
    await must('umount', ['-l', dir])
  }
}

async function fillUp(mount, workDir, startBroker) {
  const dir = join(workDir, 'full-broker')
  const overrides = {
    'log.dirs': join(mount, 'data'),
    'offsets.topic.num.partitions': '1',
    'transaction.state.log.num.partitions': '1',
  }
  const broker = await startBroker({ dir, overrides })
  writeFileSync(join(mount, 'filler'), Buffer.alloc(30e6)) // what we take away later to make room
  const connection = await Connection.open(broker.bootstrap)
  await createTopic(connection, 'full', 1)
  await untilServed(connection, 'full', 1)
  const { acknowledged, refusal } = await produceUntilRefused(connection)
  assert.ok(acknowledged > 0 && refusal !== null, `${acknowledged} acknowledged, then ${refusal ?? 'no refusal at all'}`)
  const { bavail, bsize } = statfsSync(mount)
  assert.ok(bavail * bsize < 8e6, `it refused (${refusal}) with ${bavail * bsize} bytes free`)
  connection.close()

  // Whether the broker stays (reads only) or ends, because this was its last directory, it says what happened.
  await new Promise((resume) => setTimeout(resume, 1500))
  assert.match(broker.output, /space|ENOSPC|full/i, 'the log does not say that the disk is full')
  if (!broker.child.exited) await stillAnswers(broker)
  await broker.stop(15_000)

  rmSync(join(mount, 'filler'))
  const again = await startBroker({ dir, overrides })
  const reading = await Connection.open(again.bootstrap)
  await untilServed(reading, 'full', 1)
  const end = await offsetAt(reading, 'full', 0, -1)
  assert.ok(end >= acknowledged, `ends at ${end}, acknowledged up to ${acknowledged}`)
  assert.equal(readProduced(await reading.ask(api.produce, 7, produceBody('full', 0, letterBatch(1, 100)))).error, 0)
  reading.close()
  await again.stop()
}

/** Sends a megabyte at a time until something other than success comes back: the offset up to which it was acknowledged, and what came. */
async function produceUntilRefused(connection) {
  const body = produceBody('full', 0, letterBatch(1000, 1000))
  let acknowledged = 0
  for (let i = 0; i < 200; i++) {
    try {
      const { error, baseOffset } = readProduced(await connection.ask(api.produce, 7, body, 20_000))
      if (error !== 0) return { acknowledged, refusal: `error ${error}` }
      acknowledged = baseOffset + 1000
    } catch (error) {
      return { acknowledged, refusal: error.message }
    }
  }
  return { acknowledged, refusal: null }
}

async function stillAnswers({ bootstrap }) {
  const connection = await Connection.open(bootstrap)
  assert.equal((await metadata(connection, [])).brokers.length, 1)
  connection.close()
}
