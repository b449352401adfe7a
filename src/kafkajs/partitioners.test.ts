import assert from 'node:assert/strict'
import { test } from 'node:test'
import { murmur2 } from '../base/murmur2.ts'
import { legacyMurmur2, Partitioners } from './partitioners.ts'
import type { Message } from './types/index.ts'

/** Of KafkaJS 2.2.4: a key, the hash of its default partitioner, and that of the legacy one. */
const vectors: readonly (readonly [key: string, hash: number, legacy: number])[] = [
  ['', 275646681, 275646684],
  ['0', 971027396, 272173970],
  ['1', -1993445489, 1311020360],
  ['128', -326012175, 2053105854],
  ['2187', -1508407203, -2081355488],
  ['16384', -325739742, 204404061],
  ['78125', -1654490814, -677491393],
  ['279936', 1462227128, -622460209],
  ['823543', -2014198330, 651276451],
  ['35831808', -857013643, 556972389],
  ['100:48069', 1009543857, 1713501762],
  ['key', -1079937367, 1778481923],
  ['ünïcödé', 201421315, 1346726283],
  ['a longer key of some more bytes', -1419660748, 873403678],
  ['🦀', 1309741855, 688211722],
]
const bytes: typeof vectors = [
  ['ff', -311467685, 983671651],
  ['ffee', 1750061758, -675734415],
  ['ffeedd', 2053089151, -192504306],
  ['ffeeddcc', 705638213, -1777799341],
  ['ffeeddccbb', -435349888, 1793270727],
  ['ffeeddccbbaa9988', -809053009, -1940012615],
  ['ffeeddccbbaa9988776655', 2032836569, -17194000],
]

test("keys have the hashes of KafkaJS's partitioners", () => {
  for (const [key, hash, legacy] of vectors) {
    const buffer = Buffer.from(key)
    assert.deepEqual([murmur2(buffer), legacyMurmur2(buffer)], [hash, legacy], key)
  }
  for (const [hex, hash, legacy] of bytes) {
    const buffer = Buffer.from(hex, 'hex')
    assert.deepEqual([murmur2(buffer), legacyMurmur2(buffer)], [hash, legacy], hex)
  }
})

const partitions = (leaders: readonly number[]) =>
  leaders.map((leader, partitionId) => ({ partitionId, leader, partitionErrorCode: 0, replicas: [], isr: [] }))

test('a partition that is asked for is taken, else that of the key', () => {
  const at = (partitioner: keyof typeof Partitioners, message: Message) =>
    Partitioners[partitioner]()({ topic: 't', partitionMetadata: partitions([1, 1, 1, 1, 1, 1, 1]), message })
  assert.equal(at('DefaultPartitioner', { key: 'key', value: null, partition: 0 }), 0)
  assert.equal(at('DefaultPartitioner', { key: 'key', value: null }), (-1079937367 & 0x7fffffff) % 7)
  assert.equal(at('JavaCompatiblePartitioner', { key: Buffer.from('key'), value: null }), (-1079937367 & 0x7fffffff) % 7)
  assert.equal(at('LegacyPartitioner', { key: 'key', value: null }), 1778481923 % 7)
})

test('messages without a key go to one partition after the other, of those that have a leader', () => {
  const partitioner = Partitioners.DefaultPartitioner()
  const next = (leaders: number[]) => partitioner({ topic: 't', partitionMetadata: partitions(leaders), message: { value: 'x' } })
  const taken = Array.from({ length: 6 }, () => next([1, -1, 2, 3]))
  assert.deepEqual([...taken].sort(), [0, 0, 2, 2, 3, 3])
  assert.deepEqual(taken.slice(0, 3), taken.slice(3))
  assert.ok([0, 1].includes(next([-1, -1])))
})
