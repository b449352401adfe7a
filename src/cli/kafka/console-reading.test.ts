// What the consoles do with records that can and cannot be printed, where consumers are others' business.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { fakeTerminal } from '../../../test/support/fake-terminal.ts'
import type { Surroundings } from './command.ts'
import { printRecords } from './commands/console-reading.ts'
import { ShareSource } from './commands/share-source.ts'
import type { Formatter } from './formatters/formatter.ts'

/** A share consumer that gives these records, and then none; gives what became of them as well. */
function shareOf(...values: string[]) {
  const became: string[] = []
  const records = values.map((value, offset) => ({
    topic: 't',
    partition: 0,
    offset,
    value: new TextEncoder().encode(value),
    deliveryCount: 2,
  }))
  const consumer = {
    subscribe: () => {},
    poll: async () => records.splice(0),
    acknowledge: ({ offset }: { offset: number }, type: string) => void became.push(`${offset} ${type}`),
    close: async () => void became.push('closed'),
  }
  return { became, consumer: consumer as unknown as ConstructorParameters<typeof ShareSource>[0] }
}

async function print(source: ShareSource, maxMessages = -1) {
  const { terminal, complaints } = fakeTerminal({ tickMs: 0 })
  let out = ''
  const around: Surroundings = {
    ...terminal,
    write: async (bytes) => {
      out += new TextDecoder().decode(bytes)
      return true
    },
    onSignal: () => () => {},
  }
  const formatter: Formatter = ({ value, deliveryCount }, sink) => {
    const text = new TextDecoder().decode(value!)
    if (text === 'spoilt') throw new Error('no text')
    sink.text(`${text} ${deliveryCount}\n`)
  }
  const reading = {
    timeoutMs: 1,
    maxMessages,
    tellsEvents: false,
    logger: 'a.Console',
    onSpoilt: 'rejecting this message: ',
    formatter,
  }
  const code = await printRecords(source, reading, around)
  return { code, out, err: complaints.join('\n') }
}

test('each record of a share group is told of when it was printed, and not before', async () => {
  const { became, consumer } = shareOf('a', 'b', 'c')
  const { code, out } = await print(new ShareSource(consumer, 't', { acknowledges: 'release', rejectsSpoilt: false }), 2)
  assert.deepEqual([code, out, became], [0, 'a 2\nb 2\n', ['0 release', '1 release', 'closed']])
})

test('a record that cannot be printed is the end, unless it is to be rejected', async () => {
  const first = shareOf('a', 'spoilt', 'c')
  const ended = await print(new ShareSource(first.consumer, 't', { acknowledges: 'accept', rejectsSpoilt: false }))
  assert.deepEqual([ended.code, ended.out, first.became], [1, 'a 2\n', ['0 accept', 'closed']])
  const second = shareOf('a', 'spoilt', 'c')
  const { out, err } = await print(new ShareSource(second.consumer, 't', { acknowledges: 'accept', rejectsSpoilt: true }), 3)
  assert.deepEqual([out, second.became], ['a 2\nc 2\n', ['0 accept', '1 reject', '2 accept', 'closed']])
  assert.match(err, /rejecting this message: /)
})
