import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Change, FileModel } from './device-model.ts'
import { choicesOf, contentOf, nothing, SECTOR, whole, zeros } from './file-states.ts'

function fileWith(durable: string, ...changes: Change[]): FileModel {
  const file = new FileModel(1, Buffer.from(durable))
  file.changes.push(...changes)
  return file
}

const write = (at: number, text: string): Change => ({ at, bytes: Buffer.from(text) })
const textOf = (bytes: Uint8Array) => Buffer.from(bytes).toString('latin1').replaceAll('\0', '0')
const texts = (file: FileModel) => [...new Set(choicesOf(file, 100).map((choice) => textOf(contentOf(file, choice))))].sort()

test('of one append all, nothing, or zeros may stay', () => {
  const file = fileWith('old ', write(4, 'new'))
  assert.deepEqual(texts(file), ['old ', 'old 000', 'old new'])
  assert.equal(textOf(contentOf(file, whole(file))), 'old new')
  assert.equal(textOf(contentOf(file, nothing)), 'old ')
  assert.equal(textOf(contentOf(file, zeros(file))), 'old 000')
})

test('of two appends to one sector the second never stays without the first, but the size may be of either', () => {
  assert.deepEqual(texts(fileWith('', write(0, 'a'), write(1, 'b'))), ['', '0', '00', 'a', 'a0', 'ab'])
})

test('a later sector may stay without an earlier one', () => {
  const [one, other] = ['a'.repeat(SECTOR), 'b'.repeat(SECTOR)]
  const found = texts(fileWith('', write(0, one), write(SECTOR, other)))
  assert.ok(found.includes('0'.repeat(SECTOR) + other))
  assert.ok(!found.some((text) => text.includes('ab0') || text.includes('a0b')), 'a sector stays whole or not at all')
})

test('what was written over flushed bytes may stay or not; the size is known already', () => {
  assert.deepEqual(texts(fileWith('abcd', write(1, 'XY'))), ['aXYd', 'abcd'])
})

test('what a cut took away is not seen again under the size that came after it', () => {
  const file = fileWith('abcdef', { size: 2 }, write(2, 'XY'))
  assert.deepEqual(texts(file), ['ab', 'ab00', 'ab0000', 'abXY', 'abXY00', 'abcdef'])
  file.flush(1)
  assert.deepEqual(texts(file), ['ab', 'ab00', 'abXY'])
})

test('sectors behind a cut keep what they hold until the cut is in the journal', () => {
  const tail = 'b'.repeat(SECTOR)
  const file = fileWith('a'.repeat(SECTOR) + tail, { size: SECTOR })
  assert.deepEqual(texts(file), ['a'.repeat(SECTOR), 'a'.repeat(SECTOR) + tail])
})
