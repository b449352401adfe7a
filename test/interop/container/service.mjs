/** One container, as the engine and its neighbours see it. */
import assert from 'node:assert/strict'
import { chownSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { tail } from '../lib/brokers.mjs'
import { eventually } from '../lib/report.mjs'

export class Service {
  #image
  #environment
  #process = null

  /** `environment` is what its compose file sets; its volume is a folder of its own, which belongs to the user of the image. */
  constructor({ image, workDir }, name, environment) {
    const dataDir = join(workDir, 'volumes', name)
    mkdirSync(dataDir, { recursive: true })
    if (image.through.length > 0) chownSync(dataDir, ...image.user.split(':').map(Number))
    this.#image = image
    this.#environment = { ...environment, KAFKA_LOG_DIRS: dataDir }
  }

  get output() {
    return this.#process.output
  }

  get pid() {
    return this.#process.pid
  }

  up(words = []) {
    this.#process = this.#image.start(this.#environment, words)
  }

  health() {
    return this.#image.health(this.#environment)
  }

  /** Waits until the health check is passed. */
  async healthy(ms = 60_000) {
    await eventually(async () => {
      const { exited } = this.#process
      const { code, stdout, stderr } = await this.health()
      assert.deepEqual([exited, code, stdout.trim()], [null, 0, 'ready'], `${stderr} ${tail(this.output, 10)}`)
    }, ms)
  }

  /** `docker stop`: it has to end by itself, and well. */
  async stop() {
    this.#process.kill('SIGTERM')
    const { code, signal } = await this.#process.ended
    assert.equal(code, 0, `it ended with ${code ?? signal}: ${tail(this.output)}`)
  }

  async kill() {
    this.#process?.destroy()
    await this.#process?.ended
  }
}

/** A cluster as its neighbours use it, by the image's own commands and by the client of the package. */
export class Neighbour {
  #image
  #kafka
  #bootstrap

  constructor({ image, kafka }, bootstrap) {
    this.#image = image
    this.#kafka = kafka
    this.#bootstrap = bootstrap
  }

  /** What a command of the image prints. */
  async command(name, ...words) {
    const { code, stdout, stderr } = await this.#image.run({}, [name, '--bootstrap-server', this.#bootstrap, ...words])
    assert.equal(code, 0, stderr || stdout)
    return stdout
  }

  /** Waits until the topic is described so. */
  async sees(topic, description, ms = 30_000) {
    await eventually(
      async () => assert.match(await this.command('kafka-topics', '--describe', '--topic', topic), description),
      ms,
    )
  }

  /** So many more records go into the topic, and a new group reads all of them. */
  async exchanges(topic, count) {
    const { Producer, Consumer, serdes } = this.#kafka
    const name = `round of ${performance.now()}`
    const values = Array.from({ length: count }, (_, i) => `${name}, record ${i}`)
    const common = { bootstrapServers: this.#bootstrap }
    const producer = new Producer({ ...common, maxBlockMs: 30_000 })
    try {
      await Promise.all(values.map((value) => producer.send({ topic, value })))
    } finally {
      await producer.close({ timeoutMs: 5000 })
    }
    const consumer = new Consumer({ ...common, groupId: name, autoOffsetReset: 'earliest', valueDeserializer: serdes.string })
    const missing = new Set(values)
    try {
      consumer.subscribe(topic)
      for await (const { value } of consumer) {
        missing.delete(value)
        if (missing.size === 0) break
      }
    } finally {
      await consumer.close({ timeoutMs: 5000 })
    }
  }
}
