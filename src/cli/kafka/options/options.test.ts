import assert from 'node:assert/strict'
import { test } from 'node:test'
import { helpLines } from './help.ts'
import { parseOptions } from './parse.ts'
import { flag, integer, long, oneOf, text } from './table.ts'

const table = {
  help: flag('Help.'),
  list: flag('List.'),
  verbose: flag('More.', { onlyWith: ['list'] }),
  topic: text('topic', 'The topic.'),
  state: text(undefined, 'The states.', { isOptional: true }),
  partitions: integer('# of partitions', 'How many.'),
  timeout: long('ms', 'How long.', { initial: 5000 }),
  type: oneOf('ElectionType', ['PREFERRED', 'UNCLEAN'], 'type', 'Which.'),
  p: flag('A letter.'),
  x: text(undefined, 'A letter with a value.'),
}
const parse = (...words: string[]) => parseOptions(table, words)
const says = (message: string, run: () => unknown) => assert.throws(run, { name: 'OptionTrouble', message })

test('a value stands behind its option or after an equals sign, and may look like an option', () => {
  assert.equal(parse('--topic', 'a').text('topic'), 'a')
  assert.equal(parse('--topic=a=b').text('topic'), 'a=b')
  assert.equal(parse('--topic', '--list').text('topic'), '--list')
  assert.equal(parse('--topic=', 'a').text('topic'), 'a', 'nothing after the sign is no value')
  assert.equal(parse('-topic', 'a').text('topic'), 'a', 'one dash does, too')
  assert.deepEqual(parse('--topic', 'a', '--topic', 'b').texts('topic'), ['a', 'b'])
  assert.equal(parse().number('timeout'), 5000)
  assert.equal(parse('--timeout', '+7').number('timeout'), 7)
  assert.equal(parse('--type', 'unclean').text('type'), 'UNCLEAN')
  assert.equal(parse().has('timeout'), false, 'a default is nothing that was typed')
})

test('a value that may be missing is not taken from the next option', () => {
  assert.deepEqual(parse('--state', '--list').texts('state'), [])
  assert.deepEqual(parse('--state', 'a,b', '--list').texts('state'), ['a,b'])
  assert.ok(parse('--state').has('state'))
})

test('letters after one dash, and words that belong to nobody', () => {
  assert.equal(parse('-pxvalue').text('x'), 'value')
  assert.equal(parse('-px', 'value').text('x'), 'value')
  assert.deepEqual(parse('one', '--list', '--', '--topic', '-').others, ['one', '--topic', '-'])
})

test('what cannot be read is told in the words of Kafka’s commands', () => {
  says('lst is not a recognized option', () => parse('--lst'))
  says('lis is not a recognized option', () => parse('--lis'))
  says('y is not a recognized option', () => parse('-y'))
  says('toString is not a recognized option', () => parse('--toString'))
  says('Option topic requires an argument', () => parse('--topic'))
  says("Cannot parse argument 'three' of option partitions", () => parse('--partitions', 'three').number('partitions'))
  says("Cannot parse argument '2147483648' of option partitions", () => parse('--partitions', '2147483648').number('partitions'))
  says("Cannot parse argument 'none' of option type", () => parse('--type', 'none').text('type'))
  says('Found multiple arguments for option topic, but you asked for only one', () =>
    parse('--topic', 'a', '--topic', 'b').text('topic'),
  )
  says('Option(s) [verbose] are unavailable given other options on the command line', () => parse('--verbose'))
  says('Missing required option(s) [server]', () => parseOptions({ server: text('', '', { isRequired: true }) }, []))
})

test('the help has all options in two columns of 80 letters together', () => {
  const lines = helpLines(table)
  assert.match(lines[0]!, /^Option +Description$/)
  assert.ok(
    lines.some((line) => /^--partitions <Integer: # of partitions> +How many\.$/.test(line)),
    lines.join('\n'),
  )
  assert.ok(lines.some((line) => /^--timeout <Long: ms> +How long\. \(default: 5000\)$/.test(line)))
  assert.ok(lines.every((line) => line.length <= 80))
})
