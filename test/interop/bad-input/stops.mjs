/** SIGTERM while clients produce and wait: a clean stop within five seconds, and nothing acknowledged is lost. */
import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { letterBatch } from '../lib/batch.mjs'
import { api, Connection, createTopic, fetchBody, frame, offsetAt, produceBody, untilServed } from '../lib/wire.mjs'

export async function stops({ report, workDir, startBroker }) {
  const dir = join(workDir, 'stops')
  await report.test(
    'SIGTERM under load stops it cleanly within 5 s',
    async () => {
      const broker = await startBroker({ dir })
      const load = await Load.begin(broker.bootstrap)
      await new Promise((resume) => setTimeout(resume, 1500))
      const { code, signal, ms } = await broker.stop(20_000)
      load.end()
      assert.ok(ms < 5000, `it took ${Math.round(ms)} ms`)
      if (broker.kind === 'ours') assert.equal(code, 0, `it ended with ${code ?? signal}`)
      assert.ok(existsSync(join(broker.dataDir, '.kafka_cleanshutdown')), 'no clean-shutdown marker')

      const again = await startBroker({ dir })
      const connection = await Connection.open(again.bootstrap)
      await untilServed(connection, 'stops', 2)
      const ends = [await offsetAt(connection, 'stops', 0, -1), await offsetAt(connection, 'stops', 1, -1)]
      connection.close()
      await again.stop()
      for (const partition of [0, 1]) {
        assert.ok(load.acknowledged[partition] > 0, 'nothing was acknowledged before the stop')
        assert.ok(
          ends[partition] >= load.acknowledged[partition],
          `partition ${partition} ends at ${ends[partition]}, acknowledged up to ${load.acknowledged[partition]}`,
        )
      }
    },
    { timeoutMs: 90_000 },
  )
}

/** Eight producers with requests in flight and two consumers that wait at the end. */
class Load {
  acknowledged = [0, 0]
  #connections = []

  static async begin(bootstrap) {
    const load = new Load()
    const admin = await Connection.open(bootstrap)
    await createTopic(admin, 'stops', 2)
    await untilServed(admin, 'stops', 2)
    admin.close()
    for (let i = 0; i < 8; i++) await load.#produce(bootstrap, i % 2)
    for (let i = 0; i < 2; i++) await load.#wait(bootstrap, i)
    return load
  }

  async #produce(bootstrap, partition) {
    const request = frame(api.produce, 7, 1, produceBody('stops', partition, letterBatch(10, 200)))
    const connection = await Connection.open(bootstrap, {
      onFrame: (answer) => {
        const errorAt = 4 + 4 + 2 + 'stops'.length + 4 + 4
        if (answer.readInt16BE(errorAt) !== 0) return // it is stopping
        const next = Number(answer.readBigInt64BE(errorAt + 2)) + 10
        this.acknowledged[partition] = Math.max(this.acknowledged[partition], next)
        if (!connection.isClosed) connection.write(request)
      },
    })
    this.#connections.push(connection)
    for (let i = 0; i < 3; i++) connection.write(request)
  }

  async #wait(bootstrap, partition) {
    const connection = await Connection.open(bootstrap, { onFrame: () => {} })
    const end = await Connection.open(bootstrap)
    const offset = await offsetAt(end, 'stops', partition, -1)
    end.close()
    connection.write(frame(api.fetch, 11, 1, fetchBody('stops', [[partition, offset]], { maxWaitMs: 30_000 })))
    this.#connections.push(connection)
  }

  end() {
    for (const connection of this.#connections) connection.close()
  }
}
