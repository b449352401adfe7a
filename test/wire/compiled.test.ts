// Two ways to run a plan, one answer: for every version of every message, on values and on damaged bytes.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ByteReader, ByteWriter, MalformedBytes } from '../../src/base/bytes.ts'
import { compileRead, compileReadSteps, compileWrite, compileWriteSteps } from '../../src/protocol/compile.ts'
import { interpret } from '../../src/protocol/interpret.ts'
import { messages } from '../../src/protocol/messages/index.ts'
import { type Plan, planOf, versionsOf } from '../../src/protocol/plan.ts'
import type { Codec } from '../../src/protocol/schema.ts'
import { Chance, randomStruct } from './random-value.ts'

const VALUES_EACH = 12
const SEED = 4_2_0

function everyPlan(): Plan[] {
  return messages.flatMap((message) => {
    const { min, max } = versionsOf(message)
    return Array.from({ length: max - min + 1 }, (_, i) => planOf(message, min + i))
  })
}

function bytesOf(write: Codec<unknown>['write'], value: object): Buffer {
  const to = new ByteWriter()
  write(to, value)
  return Buffer.from(to.toBytes())
}

/** What reading comes to: a value and where it ended, or the message of the MalformedBytes. */
function outcome(read: Codec<unknown>['read'], bytes: Uint8Array): unknown {
  const from = new ByteReader(bytes)
  try {
    return { value: read(from), at: from.at }
  } catch (thrown) {
    if (thrown instanceof MalformedBytes) return thrown.message
    throw thrown
  }
}

function inSteps(read: Codec<unknown>['readSteps']): Codec<unknown>['read'] {
  return (from) => {
    const steps = read(from)
    for (;;) {
      const { done, value } = steps.next()
      if (done) return value
    }
  }
}

const plans = everyPlan()

test('compiled and interpreted codecs agree on random values of every version of every message', () => {
  const chance = new Chance(SEED)
  for (const plan of plans) {
    const [slow, read, write] = [interpret(plan), compileRead(plan), compileWrite(plan)]
    const [readSteps, writeSteps] = [compileReadSteps(plan), compileWriteSteps(plan)]
    for (let i = 0; i < VALUES_EACH; i++) {
      const value = randomStruct(plan, chance)
      const where = `${plan.path} version ${plan.version}, value ${i} of seed ${SEED}`
      const bytes = bytesOf(write, value)
      assert.deepEqual(bytes, bytesOf(slow.write, value), where)
      assert.deepEqual(
        bytes,
        bytesOf((to, its) => void [...writeSteps(to, its)], value),
        `${where}, in steps`,
      )
      assert.ok(bytes.length >= plan.leastSize, `${where}: ${bytes.length} bytes, at least ${plan.leastSize} were planned`)
      const [compiled, interpreted] = [outcome(read, bytes), outcome(slow.read, bytes)] as [
        { value: object; at: number },
        unknown,
      ]
      assert.deepEqual(compiled, interpreted, where)
      assert.deepEqual(outcome(inSteps(readSteps), bytes), interpreted, `${where}, in steps`)
      assert.equal(compiled.at, bytes.length, where)
      assert.deepEqual(bytesOf(write, compiled.value), bytes, `${where}, written again`)
    }
  }
})

test('compiled and interpreted codecs agree on damaged bytes, and only ever find them malformed', () => {
  const chance = new Chance(SEED)
  let malformed = 0
  for (const plan of plans) {
    const [slow, read, readSteps] = [interpret(plan), compileRead(plan), compileReadSteps(plan)]
    const bytes = bytesOf(slow.write, randomStruct(plan, chance))
    if (bytes.length === 0) continue
    for (let i = 0; i < VALUES_EACH; i++) {
      const damaged = Buffer.from(bytes)
      damaged[chance.below(bytes.length)] = chance.oneOf([0, 0x7f, 0x80, 0xff, chance.below(256)])
      const part = damaged.subarray(0, chance.below(4) === 0 ? chance.below(bytes.length) : bytes.length)
      const found = outcome(read, part)
      assert.deepEqual(found, outcome(slow.read, part), `${plan.path} version ${plan.version}: ${part.toString('hex')}`)
      assert.deepEqual(
        outcome(inSteps(readSteps), part),
        found,
        `${plan.path} version ${plan.version}, in steps: ${part.toString('hex')}`,
      )
      if (typeof found === 'string') malformed++
    }
  }
  assert.ok(malformed > plans.length, `${malformed} of ${plans.length * VALUES_EACH} were malformed`)
})
