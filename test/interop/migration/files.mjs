/** Logs of two nodes, compared by their bytes as they lie on disk. */
import assert from 'node:assert/strict'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { wholeBatches } from '../lib/batch.mjs'

/** All record bytes of a partition of a node with these log directories, its segments in turn. */
function logBytes(dirs, partition) {
  const dir = dirs.map((each) => join(each, partition)).find((each) => existsSync(each))
  assert.ok(dir, `${partition} is in none of ${dirs}`)
  const segments = readdirSync(dir).filter((name) => name.endsWith('.log'))
  return Buffer.concat(segments.sort().map((name) => readFileSync(join(dir, name))))
}

/** The same batches on both nodes, `least` of them at least; a node is an array of its log directories. */
export function sameLogs(partition, [one, other], least = 1) {
  const [a, b] = [one, other].map((dirs) => [...wholeBatches(logBytes(dirs, partition))].length)
  assert.ok(a >= least, `${partition} has ${a} batches, and not ${least}`)
  assert.equal(a, b, `batches of ${partition}`)
  assert.ok(logBytes(one, partition).equals(logBytes(other, partition)), `the bytes of ${partition} differ`)
}

/** What both nodes have of the metadata log is the same: they may have begun with other snapshots, and one may be ahead. Gives how many batches. */
export function sameMetadata([one, other]) {
  const bytes = [one, other].map((dirs) => logBytes(dirs, '__cluster_metadata-0'))
  const [theirs, mine] = bytes.map(
    (all) => new Map([...wholeBatches(all)].map(({ at, end, baseOffset }) => [baseOffset, all.subarray(at, end)])),
  )
  let same = 0
  for (const [offset, batch] of theirs) {
    const found = mine.get(offset)
    if (found) assert.ok(found.equals(batch), `the batch at offset ${offset} of the metadata log`)
    if (found) same++
  }
  return same
}
