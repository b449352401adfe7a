// What must hold of a metadata quorum whatever happens to it. Told of everything as it happens; throws at the first lie.

import assert from 'node:assert/strict'
import { crc32c } from '../../src/base/crc32c.ts'
import type { RecordBatch } from '../../src/protocol/records/batch.ts'

export class QuorumChecks {
  readonly #leaders = new Map<number, number>()
  /** `voter epoch`: whom it voted for. */
  readonly #votes = new Map<string, number>()
  /** By base offset, what anybody was told to be committed. */
  readonly #committed = new Map<number, { readonly nextOffset: number; readonly crc: number; readonly by: number }>()
  /** By offset, what all records below it come to. */
  readonly digests = new Map<number, number>()
  committedOffset = 0
  elections = 0

  leads(id: number, epoch: number): void {
    const other = this.#leaders.get(epoch)
    assert.ok(other === undefined || other === id, `nodes ${other} and ${id} both lead epoch ${epoch}`)
    if (other === undefined) this.elections++
    this.#leaders.set(epoch, id)
  }

  votes(id: number, epoch: number, candidate: number): void {
    const key = `${id} ${epoch}`
    const other = this.#votes.get(key)
    assert.ok(other === undefined || other === candidate, `node ${id} votes for ${other} and ${candidate} in epoch ${epoch}`)
    this.#votes.set(key, candidate)
  }

  /** One node hears that a batch is committed; `digest` is what its records come to, with this one. */
  commits(id: number, batch: RecordBatch, digest: number): void {
    const { baseOffset, nextOffset } = batch
    const crc = crcOf(batch)
    const known = this.#committed.get(baseOffset)
    assert.ok(
      !known || (known.crc === crc && known.nextOffset === nextOffset),
      `node ${id} has another committed batch at ${baseOffset} than node ${known?.by}`,
    )
    this.#committed.set(baseOffset, { nextOffset, crc, by: known?.by ?? id })
    this.reaches(id, nextOffset, digest)
    this.committedOffset = Math.max(this.committedOffset, nextOffset)
  }

  /** A node's records up to there come to that. */
  reaches(id: number, offset: number, digest: number): void {
    const known = this.digests.get(offset)
    assert.ok(known === undefined || known === digest, `node ${id} has other records below ${offset}`)
    this.digests.set(offset, digest)
  }

  /** A batch of a log that is below what its node knows to be committed. */
  holds(id: number, batch: RecordBatch): void {
    const known = this.#committed.get(batch.baseOffset)
    assert.ok(known?.crc === crcOf(batch), `the log of node ${id} has other bytes at ${batch.baseOffset} than were committed`)
  }
}

function crcOf(batch: RecordBatch): number {
  return crc32c(batch.slice())
}

export function digestOf(before: number, batch: RecordBatch): number {
  const bytes = new Uint8Array(8)
  const view = new DataView(bytes.buffer)
  view.setUint32(0, before)
  view.setUint32(4, crcOf(batch))
  return crc32c(bytes)
}
