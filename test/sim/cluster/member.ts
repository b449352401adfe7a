// One consumer in a program's hands: how it is read, what its handlers do, and what is noted of it.

import type { Consumer, ConsumerBatch, ConsumerRecord, HandlerContext, TopicPartition } from '../../../src/client/index.ts'
import { violated } from '../history.ts'
import type { Life, Program } from './program.ts'
import type { MemberHistory, ReadingHistory, Turn } from './reading-history.ts'

export const WAYS = ['records', 'poll', 'eachRecord', 'eachBatch'] as const
export type Way = (typeof WAYS)[number]

const POLL_MS = 1000
const LOOK_MS = 3000
/** The default of `close`, and as long as its process may stand still. */
const CLOSE_MS = 30_000 + 10_000
const FAILURE_SHARE = 0.03
const LONG_SHARE = 0.004
const SHORT_MS = 100

type Text = string | null
type Record = ConsumerRecord<Text, Text>

/** A handler of the program went wrong. */
export class OwnTrouble extends Error {}

export interface MemberOptions {
  readonly program: Program
  readonly consumer: Consumer<Text, Text>
  readonly life: Life
  readonly history: ReadingHistory
  readonly topic: string
  /** It commits by itself, and not the consumer. */
  readonly commits: boolean
  /** How long a handler takes that takes too long. */
  readonly longMs: number
  /** A record is done. */
  readonly onDone: () => void
}

export class Member {
  readonly #options: MemberOptions
  readonly #hand: MemberHistory
  #closing: Promise<void> | null = null

  constructor(options: MemberOptions) {
    this.#options = options
    const { consumer, topic, history, life } = options
    const hand = history.member()
    this.#hand = hand
    const numbers = (partitions: readonly TopicPartition[]) => partitions.map(({ partition }) => partition)
    consumer.subscribe([topic], {
      onAssigned: (partitions) => hand.assigned(numbers(partitions)),
      onRevoked: (partitions) => hand.taken(numbers(partitions)),
      onLost: (partitions) => hand.taken(numbers(partitions)),
    })
    // Whoever reads ends by it.
    life.onEnd(() => void this.close().catch((thrown) => options.program.fail(thrown)))
  }

  /** Until something goes wrong, or it is closed. */
  read(way: Way): Promise<void> {
    if (way === 'records') return this.#readRecords()
    if (way === 'poll') return this.#poll()
    return way === 'eachRecord' ? this.#runRecords() : this.#runBatches()
  }

  /** It ends in time, and calling it again waits for the same. */
  close(): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }

  async #close(): Promise<void> {
    const { program, consumer } = this.#options
    const beganAt = program.now
    await consumer.close()
    const tookMs = program.now - beganAt
    if (tookMs > CLOSE_MS) violated(`close() took ${tookMs} ms`)
  }

  /** Looks at what the group has committed, now and then. */
  async watch(): Promise<void> {
    const { program, consumer, life, history, topic } = this.#options
    const all = history.numbers.map((partition) => ({ topic, partition }))
    for (;;) {
      await program.pass(LOOK_MS)
      if (life.isEnding || !life.process.isAlive) return
      try {
        const found = await consumer.committed(all)
        for (const [partition, each] of found.entries()) if (each) history.sawCommitted(partition, each.offset, program.now)
      } catch (thrown) {
        if ((thrown as { code?: string }).code !== 'TIMED_OUT') throw thrown
      }
    }
  }

  async #readRecords(): Promise<void> {
    const { consumer, commits, program } = this.#options
    for await (const record of consumer) {
      this.#given(record)
      await this.#handle()
      this.#done(record)
      if (commits && program.random.chance(0.2)) await consumer.commit()
    }
  }

  async #poll(): Promise<void> {
    const { consumer, commits, program, life } = this.#options
    while (!life.isEnding) {
      const records = await consumer.poll({ timeoutMs: POLL_MS })
      for (const record of records) this.#given(record)
      for (const record of records) {
        await this.#handle()
        this.#done(record)
      }
      if (commits && program.random.chance(0.7)) await consumer.commit()
    }
  }

  #runRecords(): Promise<void> {
    const { consumer, commits, program } = this.#options
    const concurrency = program.random.pick([1, 2])
    const eachRecord = async (record: Record, context: HandlerContext) => {
      const turn = this.#given(record)
      this.#mayFail(turn, record.offset)
      await this.#handle()
      this.#done(record)
      if (commits && program.random.chance(0.2)) await context.commit()
    }
    return consumer.run({ eachRecord, concurrency })
  }

  #runBatches(): Promise<void> {
    const { consumer, commits, program } = this.#options
    const concurrency = program.random.pick([1, 2])
    const eachBatch = async (batch: ConsumerBatch<Text, Text>, context: HandlerContext) => {
      const turns = batch.records.map((record) => this.#given(record))
      let resolved = batch.firstOffset
      for (const [i, record] of batch.records.entries()) {
        this.#mayFail(turns[i]!, resolved)
        await this.#handle()
        this.#done(record)
        if (!program.random.chance(0.5)) continue
        context.resolve(record.offset)
        resolved = record.offset + 1
      }
      if (commits) await context.commit()
    }
    return consumer.run({ eachBatch, concurrency })
  }

  #given({ partition, offset, value }: Record): Turn {
    const { program } = this.#options
    program.world.events.note(`${program.name} is given ${partition}/${offset}`)
    return this.#hand.given(partition, offset, value ?? '', program.now)
  }

  #done({ partition, offset }: Record): void {
    this.#options.history.done(partition, offset)
    this.#options.onDone()
  }

  /** Where it does, the next run begins at `offset`. */
  #mayFail(turn: Turn, offset: number): void {
    const { program } = this.#options
    if (!program.random.chance(FAILURE_SHARE)) return
    program.saw('a handler threw')
    turn.next = offset
    throw new OwnTrouble('a handler of the program went wrong')
  }

  async #handle(): Promise<void> {
    const { program, life, longMs } = this.#options
    const dice = program.random.next()
    // When all is calm it has to catch up in time.
    if (dice < LONG_SHARE && !program.isCalm) {
      program.saw('a handler took too long')
      return life.sleep(longMs)
    }
    if (dice < 0.3) await life.sleep(program.random.next() * SHORT_MS)
  }
}
