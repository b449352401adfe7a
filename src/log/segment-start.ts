// What is known of a segment before anybody looked into it.

export interface SegmentStart {
  readonly baseOffset: number
  readonly sizeInBytes: number
  /** The offset that follows the last record. */
  readonly nextOffset: number
  /** What follows the names of its files: a cleaner's output has another name until it is finished. */
  readonly mark?: string
}
