import assert from 'node:assert/strict'
import { test } from 'node:test'
import { HelpWanted, parseArguments, type ToolGrammar } from './argparse.ts'
import { argparseHelp, usageLine } from './argparse-help.ts'

const tool: ToolGrammar = {
  name: 'kafka-tool',
  about: 'A tool.',
  examples: ['kafka-tool --one x make --id 1', 'kafka-tool --other y'],
  arguments: [
    { flags: ['--one', '-o'], about: 'One way.' },
    { flags: ['--other'], about: 'Another way.' },
  ],
  oneOf: [['one', 'other']],
  commands: {
    make: {
      about: 'Makes it.',
      arguments: [
        { flags: ['--id', '-i'], about: 'Which.', kind: 'integer', isRequired: true },
        { flags: ['--dry-run'], about: 'Not really.', kind: 'flag' },
        { flags: ['--dry-wood'], about: 'Some.', kind: 'many' },
      ],
    },
  },
}
const parse = (...words: string[]) => parseArguments(tool, words)
const says = (message: string, ...words: string[]) => assert.throws(() => parse(...words), { message })

test('options stand where they belong, and may be cut short', () => {
  const found = parse('--on', 'x', 'make', '-i', '-7', '--dry-w', 'a', '--dry-wood=b', '--dry-r')
  assert.equal(found.command, 'make')
  assert.equal(found.text('one'), 'x')
  assert.equal(found.text('id'), '-7')
  assert.deepEqual(found.texts('dry-wood'), ['a', 'b'])
  assert.ok(found.has('dry-run') && !found.has('other'))
})

test('what cannot be read is told with the option that it is about', () => {
  says('too few arguments', '--one', 'x')
  says("invalid choice: 'burn' (choose from 'make')", '--one', 'x', 'burn')
  says('argument --id/-i is required', '--one', 'x', 'make')
  says('one of the arguments --one/-o --other is required', 'make', '--id', '1')
  says('argument --other: not allowed with argument --one/-o', '-o', 'x', '--other', 'y', 'make', '--id', '1')
  says('argument --one/-o: expected one argument', '--one')
  says('argument --id/-i: could not convert \'one\' to Integer (For input string: "one")', '--one', 'x', 'make', '--id', 'one')
  says('ambiguous option: --dry could match --dry-run, --dry-wood', '--one', 'x', 'make', '--id', '1', '--dry')
  says("unrecognized arguments: '--burn'", '--one', 'x', 'make', '--id', '1', '--burn')
})

test('help is of the tool or of a command, and names every option', () => {
  assert.throws(
    () => parse('--help'),
    (thrown) => thrown instanceof HelpWanted && thrown.command === null,
  )
  assert.throws(
    () => parse('--one', 'x', 'make', '-h'),
    (thrown) => thrown instanceof HelpWanted && thrown.command === 'make',
  )
  assert.equal(
    usageLine(tool, 'make'),
    'usage: kafka-tool (--one ONE | --other OTHER) make [-h] --id ID [--dry-run] [--dry-wood DRY_WOOD]',
  )
  assert.match(argparseHelp(tool, 'make').join('\n'), /\nExamples:\n {2}kafka-tool --one x make --id 1$/)
  assert.match(argparseHelp(tool, 'make').join('\n'), /\n {2}--id ID, -i ID {10}Which\.\n/)
})
