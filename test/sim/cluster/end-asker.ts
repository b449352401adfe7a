// One who asks whoever comes to lead a partition, at once, where it ends: nobody is ever sent back behind what anybody was told before (KIP-207).

import { errorName } from '../../../src/protocol/errors.ts'
import { ListOffsetsRequest, ListOffsetsResponse } from '../../../src/protocol/messages/list-offsets.ts'
import { type KafkaCalls, LATEST } from '../../support/kafka-client.ts'
import { Client, type ClientWorld, Trouble } from '../clients.ts'

export interface Led {
  readonly server: string
  readonly epoch: number
}

const LOOK_MS = 50
/** A leader that has answered is asked again after this time. */
const REST_MS = 1500

export class EndAsker extends Client {
  readonly #leaderOf: (partition: number) => Led | null
  /** By partition: who answered last, and when. */
  readonly #answered = new Map<number, { readonly epoch: number; readonly at: number }>()
  #wake = () => {}

  /** @param leaderOf who leads in the newest epoch that ever was; null where nobody is known to */
  constructor(name: string, leaderOf: (partition: number) => Led | null, world: ClientWorld) {
    super(name, world)
    this.#leaderOf = leaderOf
  }

  /** One who does not answer must not keep it from the next leader. */
  protected override get timeoutMs(): number {
    return 1000
  }

  protected async work(client: KafkaCalls): Promise<void> {
    while (!this.mustStop) {
      for (const partition of this.history.partitions.keys()) {
        const led = this.#leaderOf(partition)
        const last = this.#answered.get(partition)
        if (led && (led.epoch !== last?.epoch || this.now - last.at > REST_MS)) await this.#ask(client, partition, led)
      }
      await Promise.race([this.sleep(LOOK_MS), new Promise<void>((resolve) => (this.#wake = resolve))])
    }
  }

  /** Somebody leads now who did not before: soon it knows what is committed, and what it says until then is what counts. */
  look(): void {
    this.#wake()
  }

  async #ask(client: KafkaCalls, partition: number, { server, epoch }: Led): Promise<void> {
    const { topic } = this.history
    const history = this.history.partitions[partition]!
    // It leads in the newest epoch of all: whatever was acknowledged so far, a leader of this epoch or of one before did it.
    const [startedAt, floor] = [this.now, Math.max(history.highWatermarkUpTo(epoch), history.acknowledgedEnd)]
    const partitions = [{ partitionIndex: partition, currentLeaderEpoch: epoch, timestamp: LATEST }]
    const body = { replicaId: -1, isolationLevel: 0, topics: [{ name: topic, partitions }], timeoutMs: 500 }
    const { topics } = await (await client.at(server)).call(ListOffsetsRequest, ListOffsetsResponse, 10, body)
    const { errorCode, offset } = topics[0]!.partitions[0]!
    try {
      this.accept(errorName(errorCode), `ListOffsets of ${partition} in epoch ${epoch}`)
    } catch (thrown) {
      if (thrown instanceof Trouble) return // the next look asks again
      throw thrown
    }
    history.sawHighWatermark(offset, floor, epoch)
    this.#answered.set(partition, { epoch, at: this.now })
    this.succeeded(startedAt)
  }
}
