// The leader's hand: appended batches become nodes in their order, one multi at a time, each of which moves the head and proves that nobody else did.

import type { Clock } from '../platform/clock.ts'
import { KafkaError } from '../protocol/errors.ts'
import { RecordBatch } from '../protocol/records/batch.ts'
import { type Entry, piecePath, piecesOf } from './entries.ts'
import { isUnanswered, isZooKeeperError } from './errors.ts'
import { type Fence, Fenced } from './fence.ts'
import { encodeHead, type HeadNode, MAX_NODE_BYTES, paths, readHead } from './layout.ts'
import { create, setData, sync } from './operations.ts'

/** What waits for the ensemble at most; more is refused. */
const MAX_WAITING_BYTES = 32 * 1024 * 1024

export interface AppenderOptions {
  readonly fence: Fence
  readonly clock: Clock
  /** As it was read after the election. */
  readonly head: HeadNode
  readonly onCommitted: (entry: Entry) => void
  /** Nothing will be written any more; what was appended and not committed is lost, but for the entry that was under way, which may have been written. */
  readonly onFailed: (why: Error) => void
}

export class Appender {
  readonly #options: AppenderOptions
  #headVersion: number
  #waiting: RecordBatch[] = []
  #waitingBytes = 0
  /** On its way to the ensemble. */
  #underWay: Entry | null = null
  #endOffset: number
  #willWrite = false
  #isStopped = false

  constructor(options: AppenderOptions) {
    this.#options = options
    this.#headVersion = options.head.version
    this.#endOffset = options.head.endOffset
  }

  get endOffset(): number {
    return this.#endOffset
  }

  /** Takes the batch over and gives it its offsets. Throws REQUEST_TIMED_OUT, with nothing changed, where too much waits for the ensemble already. */
  append(bytes: Uint8Array): RecordBatch {
    if (this.#waitingBytes + bytes.length > MAX_WAITING_BYTES)
      throw new KafkaError(
        'REQUEST_TIMED_OUT',
        `ZooKeeper is slow: ${this.#waitingBytes} bytes of metadata wait for it; try again later`,
      )
    const batch = new RecordBatch(bytes)
    batch.assign(this.#endOffset, this.#options.fence.epoch)
    this.#endOffset = batch.nextOffset
    this.#waiting.push(batch)
    this.#waitingBytes += bytes.length
    if (!this.#willWrite) {
      this.#willWrite = true
      this.#options.clock.soon(() => void this.#run())
    }
    return batch
  }

  /** What was appended and is not committed, in order. */
  uncommitted(): Uint8Array[] {
    return [...(this.#underWay ? [this.#underWay.bytes] : []), ...this.#waiting.map((batch) => batch.slice())].map((bytes) =>
      Uint8Array.from(bytes),
    )
  }

  /** Commits nothing any more. */
  stop(): void {
    this.#isStopped = true
    this.#waiting = []
    this.#waitingBytes = 0
  }

  async #run(): Promise<void> {
    try {
      while (this.#waiting.length > 0 && !this.#isStopped) {
        const entry = this.#take()
        this.#underWay = entry
        await this.#write(entry)
        if (this.#isStopped) return
        this.#underWay = null
        this.#options.onCommitted(entry)
      }
      this.#willWrite = false
    } catch (thrown) {
      if (this.#isStopped) return
      this.stop()
      this.#options.onFailed(thrown as Error)
    }
  }

  /** As many batches as fit into a node; at least one. */
  #take(): Entry {
    let size = 0
    let count = 0
    for (const { sizeInBytes } of this.#waiting) {
      if (count > 0 && size + sizeInBytes > MAX_NODE_BYTES) break
      size += sizeInBytes
      count++
    }
    const taken = this.#waiting.splice(0, count)
    this.#waitingBytes -= size
    const bytes = taken.length === 1 ? taken[0]!.slice() : Buffer.concat(taken.map((batch) => batch.slice()))
    return { baseOffset: taken[0]!.baseOffset, nextOffset: taken.at(-1)!.nextOffset, bytes, batches: taken }
  }

  /** The head moves together with the first piece: whoever reads believes pieces only below the head. */
  async #write({ baseOffset, nextOffset, bytes }: Entry): Promise<void> {
    const { fence } = this.#options
    const [first, ...others] = piecesOf(bytes)
    for (let i = 0; i < others.length; i++)
      await fence.insist([create(piecePath(baseOffset, i + 1), others[i]!)], (thrown) => isZooKeeperError(thrown, 'NodeExists'))
    const head = setData(paths.head, encodeHead({ epoch: fence.epoch, endOffset: nextOffset }), this.#headVersion)
    const changes = [head, create(piecePath(baseOffset, 0), first!)] as const
    for (;;) {
      try {
        await fence.write(...changes)
        break
      } catch (thrown) {
        if (!isUnanswered(thrown)) {
          if (await this.#isWritten(nextOffset)) break
          throw thrown
        }
        if (await this.#isWritten(nextOffset)) break
        if (this.#isStopped) return
      }
    }
    this.#headVersion++
  }

  /**
   * Whether the multi whose answer was lost, or that failed because it had happened already, was carried out. In one epoch only its leader moves the head,
   * and never twice to the same offset.
   */
  async #isWritten(nextOffset: number): Promise<boolean> {
    const { session, epoch } = this.#options.fence
    await session.look(sync(paths.head))
    const head = await readHead(session)
    if (head.version === this.#headVersion) return false
    if (head.epoch === epoch && head.endOffset === nextOffset && head.version === this.#headVersion + 1) return true
    throw new Fenced(`the head of the metadata log was moved by somebody else: to ${head.endOffset} in epoch ${head.epoch}`)
  }
}
