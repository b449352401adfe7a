// A program that reads as a member of a group, in one of the ways that a consumer has, with handlers that throw, and some that hardly end.

import { type ClientError, Consumer, type ConsumerConfig, serdes } from '../../../src/client/index.ts'
import type { SeededRandom } from '../../../src/platform/sim/random.ts'
import type { ClientWorld } from '../clients.ts'
import { Member, OwnTrouble, WAYS } from './member.ts'
import { type Life, Program } from './program.ts'
import type { ReadingHistory } from './reading-history.ts'

const MAX_POLL_INTERVAL_MS = 8000
/** What a program has to live with while brokers come and go, and other members do: it is told, and goes on. */
const PASSING: ReadonlySet<string> = new Set([
  'UNKNOWN_MEMBER_ID',
  'ILLEGAL_GENERATION',
  'REBALANCE_IN_PROGRESS',
  'TIMED_OUT',
  'CORRUPT_MESSAGE',
])

type Options = Omit<ConsumerConfig<string | null, string | null>, 'bootstrapServers' | 'platform' | 'groupId'>

export interface ReadingGroup {
  readonly groupId: string
  readonly servers: readonly string[]
  readonly history: ReadingHistory
  readonly options: Options
}

/** The same for all members. */
export function groupOptions(random: SeededRandom): Options {
  return {
    partitionAssignmentStrategy: random.pick([
      ['range'],
      ['roundrobin'],
      ['sticky'],
      ['cooperative-sticky'],
      ['range', 'cooperative-sticky'],
    ]),
    metadataMaxAgeMs: random.pick([2000, 300_000]),
  }
}

export class ReadingProgram extends Program {
  readonly #place: Pick<ClientWorld, 'onPromise' | 'history'>
  readonly #group: ReadingGroup

  constructor(name: string, group: ReadingGroup, place: ClientWorld) {
    super(name, place.world)
    this.#group = group
    this.#place = place
  }

  /** Of the group: a member may have nothing to do. */
  get lastSuccess(): number {
    return this.#group.history.lastSuccess
  }

  protected async work(life: Life): Promise<void> {
    const { groupId, servers, history, options } = this.#group
    const way = this.random.pick(WAYS)
    const enableAutoCommit = this.random.chance(0.5)
    this.note(`reads by ${way}${enableAutoCommit ? '' : ', and commits'}`)
    const consumer = new Consumer<string | null, string | null>({
      bootstrapServers: servers,
      platform: life.process.platform,
      groupId,
      autoOffsetReset: 'earliest',
      requestTimeoutMs: 3000,
      defaultApiTimeoutMs: 5000,
      socketConnectionSetupTimeoutMs: 2000,
      sessionTimeoutMs: 6000,
      heartbeatIntervalMs: 1000,
      maxPollIntervalMs: MAX_POLL_INTERVAL_MS,
      maxPollRecords: this.random.pick([1, 10, 500]),
      autoCommitIntervalMs: 2000,
      fetchMaxWaitMs: this.random.pick([500, 2000]),
      enableAutoCommit,
      keyDeserializer: serdes.string,
      valueDeserializer: serdes.string,
      ...options,
    })
    const { topic } = this.#place.history
    const onDone = () => this.#place.onPromise(this.name)
    const member = new Member({
      program: this,
      consumer,
      life,
      history,
      topic,
      commits: !enableAutoCommit,
      longMs: 2 * MAX_POLL_INTERVAL_MS,
      onDone,
    })
    member.watch().catch((thrown) => this.#meetLater(thrown, life))
    while (!life.isEnding) {
      try {
        await member.read(way)
      } catch (thrown) {
        this.#meet(thrown, life)
        if (!life.isEnding) await life.sleep(this.random.between(10, 300))
      }
    }
    await member.close()
  }

  #meetLater(thrown: unknown, life: Life): void {
    try {
      this.#meet(thrown, life)
    } catch (why) {
      this.fail(why)
    }
  }

  /** Goes on where that is what a program would do. */
  #meet(thrown: unknown, life: Life): void {
    if (thrown instanceof OwnTrouble) return
    const { code, message } = thrown as ClientError
    if (code === 'CLOSED' && life.isEnding) return
    if (!PASSING.has(code)) throw thrown
    this.note(`meets ${code}: ${message}`)
    this.saw('a reading program was told of trouble')
  }
}
