// Logs whose directories get another name: a copy that takes its place, and logs that are deleted, set aside or taken back.

import { assert } from '../base/assert.ts'
import type { DirLogs } from './dir-logs.ts'
import type { DirShared } from './dir-shared.ts'
import { partitionDir, retiredDir } from './file-names.ts'
import type { Log } from './log.ts'
import type { LogLoader } from './log-loader.ts'

export class LogRenames {
  readonly #shared: DirShared
  readonly #logs: DirLogs
  readonly #loader: LogLoader

  constructor(shared: DirShared, logs: DirLogs, loader: LogLoader) {
    this.#shared = shared
    this.#logs = logs
    this.#loader = loader
  }

  promote(future: Log): Promise<Log> {
    const { disk, path } = this.#shared
    return this.#shared.online(async () => {
      const name = partitionDir(future.topic, future.partition)
      const { futures, inUse } = this.#logs
      assert(futures.get(name) === future && !inUse.has(name), `${name} is no copy in ${path}`)
      await future.closeCleanly()
      await disk.rename(future.dir, `${path}/${name}`)
      futures.delete(name)
      return this.#again(name, future, true)
    })
  }

  takeBack(log: Log, aside: string): Promise<Log> {
    const { disk, path } = this.#shared
    const name = partitionDir(log.topic, log.partition)
    return this.#shared.online(async () => {
      await disk.rename(`${path}/${aside}`, `${path}/${name}`)
      return this.#again(name, log, false)
    })
  }

  /** A log that was closed, and has another name since. */
  async #again(name: string, before: Log, isClean: boolean): Promise<Log> {
    const { topic, partition, config, endOffset, comingStartOffset: startOffset, highWatermark, cleanedUpTo } = before
    await this.#shared.entries.run()
    const recoveryPoint = isClean ? endOffset : before.recoveryPoint
    const known = { recoveryPoint, startOffset, highWatermark, cleanedUpTo, isListed: true }
    const log = await this.#loader.load({ name, topic, partition }, config, known, isClean)
    this.#logs.inUse.set(name, log)
    await this.#shared.checkpoint('recoveryPoint')
    await this.#shared.checkpoint('startOffset')
    return log
  }

  removeAside(log: Log, aside: string): void {
    this.#shared.later(log.config['file.delete.delay.ms'], () => this.#shared.removeSoon(aside))
  }

  /** Takes a log out of use; gives the name that its directory has from here on. */
  retire(log: Log, kind: 'delete' | 'stray'): Promise<string> {
    const { disk, random, path, entries } = this.#shared
    return this.#shared.online(async () => {
      const from = partitionDir(log.topic, log.partition)
      assert(this.#logs.remove(from, log), `${from} is not in ${path}`)
      await log.closeAsIs()
      const to = retiredDir(log, kind, (length) => random.bytes(length))
      await disk.rename(log.dir, `${path}/${to}`)
      log.movedTo(`${path}/${to}`)
      await entries.run()
      await this.#shared.checkpoint('recoveryPoint') // a log of the same name starts from nothing
      await this.#shared.checkpoint('startOffset')
      return to
    })
  }
}
