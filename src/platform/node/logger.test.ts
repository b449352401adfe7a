import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { test } from 'node:test'
import { DiskError } from '../disk.ts'
import { formatLine, nodeLogger } from './logger.ts'

test('a line has time, level, message and facts, and is one line whatever they hold', () => {
  const time = new Date(Date.UTC(2026, 0, 2, 3, 4, 5, 6))
  const facts = {
    topic: 'a b',
    offset: 12,
    big: 2n ** 63n,
    none: undefined,
    empty: '',
    list: [1n],
    nothing: null,
    text: 'x=1\ny',
  }
  assert.equal(
    formatLine(time, 'warn', 'first\nsecond', facts),
    '2026-01-02T03:04:05.006Z WARN  first\\nsecond topic="a b" offset=12 big=9223372036854775808 empty="" list="[\\"1\\"]" nothing=null text="x=1\\ny"\n',
  )
})

test('an error that says everything is its message, any other shows its stack and cause', () => {
  const expected = new DiskError('/x', 'EIO', 'could not read /x')
  assert.match(formatLine(new Date(), 'error', 'm', { why: expected }), / why="DiskError: could not read \/x"\n$/)
  const bug = new Error('a bug', { cause: new Error('below') })
  assert.match(formatLine(new Date(), 'error', 'm', { why: bug }), /a bug.*logger\.test.*caused by Error: below"\n$/)
})

test('what is less severe than the level is not said', () => {
  const lines: string[] = []
  const logger = nodeLogger('warn', (line) => lines.push(line))
  logger.debug('a')
  logger.info('b')
  logger.warn('c')
  logger.error('d')
  assert.deepEqual(
    lines.map((line) => line.split(' ').at(-1)),
    ['c\n', 'd\n'],
  )
})

test('a logger never throws', () => {
  const circle: Record<string, unknown> = {}
  circle['self'] = circle
  const logger = nodeLogger('info', () => {
    throw new Error('broken')
  })
  logger.error('x', { circle })
  assert.match(formatLine(new Date(), 'info', 'm', { circle }), /circle=\[unprintable\]/)
})

test('a reader of stderr that leaves does not end the process', () => {
  const module = JSON.stringify(new URL('./logger.js', import.meta.url).href)
  const program = `import(${module}).then(async ({ nodeLogger }) => {
    const logger = nodeLogger()
    for (let i = 0; i < 50; i++) { logger.info('x'.repeat(10000)); await new Promise((resolve) => setTimeout(resolve, 2)) }
    console.log('alive')
  })`
  const command = `"${process.execPath}" -e "$PROGRAM" 2> >(true)`
  const { stdout } = spawnSync('bash', ['-c', command], { env: { ...process.env, PROGRAM: program }, encoding: 'utf8' })
  assert.equal(stdout, 'alive\n')
})
