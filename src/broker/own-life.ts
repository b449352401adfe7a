// Which of what the metadata say of this broker concerns the process that runs, and which an earlier one.

import type { MetadataDelta } from '../metadata/publisher.ts'

export class OwnLife {
  readonly #nodeId: number
  /** Null before it asks to be registered. */
  #incarnationId: string | null = null
  #isNow = false

  constructor(nodeId: number) {
    this.#nodeId = nodeId
  }

  /** This process is about to ask for its registration, under an id that no other has. */
  asks(incarnationId: string): void {
    this.#incarnationId = incarnationId
  }

  /**
   * Whether the change that was heard of last comes after the registration of this process, and before that of another one in its place. What the metadata
   * let a broker lead before and behind, another process leads: the end of its log may be gone with it while a follower has it, and who wrote there again,
   * in the same leader epoch, would write other records under offsets and an epoch that exist. A registration ends all leaderships of the life before, so
   * none of them has to be made up for.
   */
  get isNow(): boolean {
    return this.#isNow
  }

  /** Is told of every change of the metadata before anybody acts on it. */
  readonly follow = ({ image, endOffset }: Pick<MetadataDelta, 'image' | 'endOffset'>): void => {
    const known = image.brokers.get(this.#nodeId)
    // The image may be newer than the change; the epoch is the offset of the registration. One that is forgotten lives on.
    if (known && endOffset > known.epoch) this.#isNow = known.incarnationId === this.#incarnationId
  }
}
