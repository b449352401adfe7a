/**
 * Steps over Fetch answers (version 11) as they come off a socket, without holding one: the records are counted and skipped, only the heads of
 * batches are looked at. A load that copied them would be the limit itself.
 */

const answerHead = 4 + 4 + 4 + 2 + 4 // length, correlation id, throttle time, error, session id
const partitionHead = 4 + 2 + 8 + 8 + 8 + 4 // index, error, high watermark, last stable offset, log start offset, count of aborted
const batchHead = 27 // up to the last offset delta
const wholeHead = 61

/**
 * A function that takes chunks of bytes. `onPartition({ index, error, highWatermark, bytes, next })` comes for each partition, where `next` is
 * the offset behind its last whole batch or 0; `onAnswer(error)` for each answer.
 */
export function fetchAnswers({ onPartition, onAnswer }) {
  const parser = parse({ onPartition, onAnswer })
  const carry = Buffer.alloc(1 << 16)
  let carried = 0
  let want = parser.next().value // bytes to see in one piece, or as a negative number bytes to skip

  return (chunk) => {
    for (let at = 0; at < chunk.length; ) {
      if (want < 0) {
        const skipped = Math.min(-want, chunk.length - at)
        at += skipped
        want += skipped
        if (want === 0) want = parser.next().value
      } else if (carried === 0 && chunk.length - at >= want) {
        const piece = chunk.subarray(at, at + want)
        at += want
        want = parser.next(piece).value
      } else {
        const copied = chunk.copy(carry, carried, at, at + want - carried)
        at += copied
        carried += copied
        if (carried < want) return
        carried = 0
        want = parser.next(carry.subarray(0, want)).value
      }
    }
  }
}

/** Yields how many bytes it wants next; gets them, or nothing when it wanted to skip them. What it gets is valid until it yields again. */
function* parse({ onPartition, onAnswer }) {
  for (;;) {
    const error = (yield answerHead).readInt16BE(12)
    for (let topics = (yield 4).readInt32BE(0); topics > 0; topics--) {
      yield* skip((yield 2).readInt16BE(0))
      for (let partitions = (yield 4).readInt32BE(0); partitions > 0; partitions--) onPartition(yield* partition())
    }
    onAnswer(error)
  }
}

function* partition() {
  const head = yield partitionHead
  const found = { index: head.readInt32BE(0), error: head.readInt16BE(4), highWatermark: Number(head.readBigInt64BE(6)) }
  yield* skip(Math.max(0, head.readInt32BE(30)) * 16)
  const bytes = Math.max(0, (yield 8).readInt32BE(4)) // behind the preferred replica
  return { ...found, bytes, next: yield* records(bytes) }
}

function* records(bytes) {
  let next = 0
  let left = bytes
  while (left >= wholeHead) {
    const head = yield batchHead
    const size = 12 + head.readInt32BE(8)
    if (size > left) {
      left -= batchHead
      break // the last one may be cut off
    }
    next = Number(head.readBigInt64BE(0)) + head.readInt32BE(23) + 1
    yield* skip(size - batchHead)
    left -= size
  }
  yield* skip(left)
  return next
}

function* skip(bytes) {
  if (bytes > 0) yield -bytes
}
