// Opens the logs that a directory holds, at a start and when one was renamed; what a stop that was not clean left behind is checked.

import type { DirLogs } from './dir-logs.ts'
import type { DirShared } from './dir-shared.ts'
import { forgetFailedFlush, hadFailedFlush, writeAgain } from './failed-flush.ts'
import { kindOfDir, type PartitionDir, parseFutureDir, parsePartitionDir, partitionDir } from './file-names.ts'
import { Log } from './log.ts'
import type { LogConfig } from './log-config.ts'
import type { OffsetCheckpoints } from './offset-checkpoints.ts'
import { eachOf } from './pool.ts'
import { type Checkpointed, loadLog } from './recovery.ts'

/** A log's directory. */
export interface NamedLog extends PartitionDir {
  /** Of the directory below the log directory. */
  readonly name: string
}

interface Found extends NamedLog {
  readonly isFuture: boolean
}

export class LogLoader {
  readonly #shared: DirShared
  readonly #logs: DirLogs
  readonly #checkpoints: OffsetCheckpoints

  constructor(shared: DirShared, logs: DirLogs, checkpoints: OffsetCheckpoints) {
    this.#shared = shared
    this.#logs = logs
    this.#checkpoints = checkpoints
  }

  /** Loads all that is there. `isClean`: the last stop was. */
  async loadAll(config: LogConfig, isClean: boolean): Promise<void> {
    const { disk, logger, path } = this.#shared
    await this.#checkpoints.load()
    const found: Found[] = []
    for (const { name, isDirectory } of await disk.list(path, () => false)) {
      if (!isDirectory) continue
      const kind = kindOfDir(name)
      const partition = parsePartitionDir(name) ?? parseFutureDir(name)
      if (kind === 'delete') this.#shared.removeSoon(name)
      else if (partition) found.push({ ...partition, name, isFuture: kind === 'future' })
      else if (!name.startsWith('.'))
        logger.warn('a directory is left alone: it is no partition in use', { dir: `${path}/${name}`, kind })
    }
    const isUnsure = await hadFailedFlush(disk, path)
    if (isUnsure) logger.warn('a disk failed here: what it may have forgotten is written again', { dir: path })
    await eachOf(found, this.#shared.logsAtOnce, async (partition) => {
      if (isUnsure) await this.#writeAgain(partition)
      await this.#loadOne(partition, config, isClean)
    })
    if (isUnsure) await forgetFailedFlush(disk, path)
  }

  #writeAgain({ name, topic, partition }: Found): Promise<void> {
    const { recoveryPoint } = this.#checkpoints.of(partitionDir(topic, partition))
    return writeAgain(this.#shared.disk, `${this.#shared.path}/${name}`, recoveryPoint)
  }

  async #loadOne(found: Found, config: LogConfig, isClean: boolean): Promise<void> {
    const name = partitionDir(found.topic, found.partition)
    const log = await this.load(found, config, this.#checkpoints.of(name), isClean)
    const { inUse, futures } = this.#logs
    if (!found.isFuture) inUse.set(name, log)
    else if (!futures.has(name)) futures.set(name, log)
    else {
      await log.closeAsIs() // an older attempt
      this.#shared.removeSoon(found.name)
    }
  }

  /** Opens one, of which checkpoints say what is `known`. */
  async load({ name, topic, partition }: NamedLog, config: LogConfig, known: Checkpointed, isClean: boolean): Promise<Log> {
    await this.#shared.slices.rest() // small calls to a quick disk take no turn of the event loop
    const identity = { dir: `${this.#shared.path}/${name}`, topic, partition, config }
    const { state, recovered } = await loadLog(this.#shared, identity, known, isClean)
    // What another process made may be in the system's memory alone, unless it was flushed with records and the stop was clean.
    state.isEntryFlushed = isClean && state.segments.sizeInBytes > 0
    const log = new Log(state, recovered)
    if (log.flushedOffset < log.endOffset) log.requestFlush()
    else if (recovered && log.sizeInBytes > 0 && log.endOffset > known.recoveryPoint) await state.flushEntry() // as its records were
    return log
  }
}
