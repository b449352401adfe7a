// Makes logs in a directory, and gives one its topic's id.

import { assert } from '../base/assert.ts'
import { KafkaError } from '../protocol/errors.ts'
import type { DirLogs } from './dir-logs.ts'
import type { DirShared } from './dir-shared.ts'
import { futureDir, partitionDir } from './file-names.ts'
import { Log } from './log.ts'
import type { LogConfig } from './log-config.ts'
import type { NamedLog } from './log-loader.ts'
import { LogState, PARTITION_METADATA } from './log-state.ts'
import { writeFile } from './shared.ts'
import { partitionMetadataText } from './text-files.ts'

export class LogMaker {
  readonly #shared: DirShared
  readonly #logs: DirLogs

  constructor(shared: DirShared, logs: DirLogs) {
    this.#shared = shared
    this.#logs = logs
  }

  async createLog(topic: string, partition: number, topicId: string | null, config: LogConfig): Promise<Log> {
    const name = partitionDir(topic, partition)
    assert(!this.#logs.inUse.has(name), `${name} is in ${this.#shared.path} already`)
    const log = await this.#create({ name, topic, partition }, topicId, config)
    this.#logs.inUse.set(name, log)
    return log
  }

  async createFuture({ topic, partition, topicId, config }: Log): Promise<Log> {
    const name = futureDir({ topic, partition }, (length) => this.#shared.random.bytes(length))
    if (name === null) throw new KafkaError('INVALID_TOPIC_EXCEPTION', `the name of ${topic} is too long for a copy of its log`)
    const known = partitionDir(topic, partition)
    assert(!this.#logs.has(known), `${known} is in ${this.#shared.path} already`)
    const log = await this.#create({ name, topic, partition }, topicId, config, true)
    this.#logs.futures.set(known, log)
    return log
  }

  #create({ name, topic, partition }: NamedLog, topicId: string | null, config: LogConfig, isDurable = false): Promise<Log> {
    return this.#shared.online(async () => {
      const dir = `${this.#shared.path}/${name}`
      await this.#makeDir(dir, topicId)
      const state = new LogState(this.#shared, { dir, topic, partition, topicId, config })
      state.addSegment(0)
      if (isDurable) await state.flushEntry()
      return new Log(state, null)
    })
  }

  identify(log: Log, topicId: string): Promise<void> {
    return this.#shared.online(async () => {
      await this.#writeMetadata(log.dir, topicId, true)
      await this.#shared.disk.flushDirectory(log.dir)
      log.identifiedAs(topicId)
    })
  }

  async #makeDir(dir: string, topicId: string | null): Promise<void> {
    await this.#shared.slices.rest() // small calls to a quick disk take no turn of the event loop
    await this.#shared.disk.mkdir(dir)
    if (topicId !== null) await this.#writeMetadata(dir, topicId, false)
  }

  async #writeMetadata(dir: string, topicId: string, flushed: boolean): Promise<void> {
    await writeFile(this.#shared.disk, `${dir}/${PARTITION_METADATA}`, Buffer.from(partitionMetadataText(topicId)), flushed)
  }
}
