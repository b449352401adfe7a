import assert from 'node:assert/strict'
import { test } from 'node:test'
import { fakeTerminal } from '../../test/support/fake-terminal.ts'
import type { Disk } from '../platform/disk.ts'
import { memoryDisk } from '../platform/memory/disk.ts'
import { readBootstrap } from '../raft/format.ts'
import { run } from './program.ts'
import type { Terminal } from './terminal.ts'

const ID = 'MkU3OEVBNTcwNTJENDM2Qk'
const combined = (dirs: string, more = '') =>
  `process.roles=broker,controller\nnode.id=1\ncontroller.quorum.bootstrap.servers=localhost:9093\ncontroller.listener.names=CONTROLLER\n` +
  `listeners=PLAINTEXT://localhost:9092,CONTROLLER://localhost:9093\nlog.dirs=${dirs}\n${more}`
const staticVoters = (dirs: string) => combined(dirs).replace('bootstrap.servers=', 'voters=1@')
const broker = (dirs: string) =>
  combined(dirs).replace('=broker,controller', '=broker').replace(',CONTROLLER://localhost:9093', '')
const CHECKPOINT = '__cluster_metadata-0/00000000000000000000-0000000000.checkpoint'

/** Runs one command after the other on one disk, each with its lines, complaints and exit code. */
function machine(files: Record<string, string>) {
  const disk: Disk = memoryDisk(1 << 22)
  let made = 0
  return {
    disk,
    async run(...words: string[]) {
      const printed: string[] = []
      const complaints: string[] = []
      let code = 0
      const terminal: Terminal = {
        ...fakeTerminal({ files, tickMs: 0 }).terminal,
        disk,
        clock: { now: () => 5, monotonic: () => 0, after: () => assert.fail('no timers'), soon: () => assert.fail('no turns') },
        randomBytes: (length) => Buffer.alloc(length, 0x21 + made++),
        print: (line) => printed.push(line),
        complain: (line) => complaints.push(line),
        setExitCode: (given) => void (code = given),
        exitNow: () => assert.fail('no exit'),
      }
      await run(['storage', ...words], () => assert.fail('no broker'), terminal)
      return { text: printed.join('\n'), complaint: complaints.join('\n'), code }
    },
    async text(path: string) {
      const bytes = await disk.readAtomic(path)
      return bytes === null ? null : Buffer.from(bytes).toString('latin1')
    },
  }
}

test('format writes what kafka-storage writes, and says what it says', async () => {
  const { run, text, disk } = machine({ one: combined('/one'), two: combined('/two-a,/two-b'), sta: staticVoters('/sta') })
  const one = await run('format', '-c', 'one', '-t', ID, '--standalone')
  assert.equal(one.code, 0, one.complaint)
  assert.match(
    one.text,
    /^Bootstrap metadata: BootstrapMetadata\(records=\[ApiMessageAndVersion\(FeatureLevelRecord\(name='metadata\.version', featureLevel=29\) at version 0\), /,
  )
  assert.match(
    one.text,
    /\], metadataVersionLevel=29, source=format command\)\nFormatting dynamic metadata voter directory \/one with metadata\.version 4\.2-IV1\.$/,
  )
  assert.match(
    (await text('/one/meta.properties'))!,
    /cluster\.id=MkU3OEVBNTcwNTJENDM2Qk\ndirectory\.id=.{22}\nnode\.id=1\nversion=1/,
  )
  assert.equal((await text(`/one/${CHECKPOINT}`))!.length, 241, 'as long as the one that Apache Kafka writes')
  assert.equal((await readBootstrap(disk, '/one'))!.length, 1)

  const voters = '1@localhost:9093:Cc8TzkB4SVm3p3mJZcX0Kg,2@localhost:9094:Dc8TzkB4SVm3p3mJZcX0Kg'
  const two = await run('format', '-c', 'two', '-t', ID, '--initial-controllers', voters)
  assert.match(two.text, /voter directory \/two-a with .*\nFormatting data directory \/two-b with/)
  assert.match((await text('/two-a/meta.properties'))!, /directory\.id=Cc8TzkB4SVm3p3mJZcX0Kg/)
  assert.equal((await text(`/two-a/${CHECKPOINT}`))!.length, 293)
  assert.equal(await text(`/two-b/${CHECKPOINT}`), null)

  const sta = await run('format', '-c', 'sta', '-t', ID)
  assert.match(sta.text, /Formatting metadata directory \/sta with/)
  assert.equal(await text(`/sta/${CHECKPOINT}`), null)
})

test('a directory that is formatted is left as it is', async () => {
  const { run, text, disk } = machine({ one: combined('/one'), two: combined('/one,/other') })
  await run('format', '-c', 'one', '-t', ID, '-s')
  const before = await text('/one/meta.properties')
  assert.match(
    (await run('format', '-c', 'one', '-t', ID, '-s')).complaint,
    /Log directory \/one is already formatted\. Use --ignore-formatted/,
  )
  assert.equal((await run('format', '-c', 'one', '-t', ID, '-s', '-g')).text, 'All of the log directories are already formatted.')
  assert.match(
    (await run('format', '-c', 'one', '-t', 'other', '-s', '-g')).complaint,
    /Invalid cluster\.id in: \/one\/meta\.properties\. Expected other, but read MkU3/,
  )
  assert.match((await run('format', '-c', 'two', '-t', ID, '-N', '-g')).text, /Formatting data directory \/other with/)
  assert.equal(await text('/one/meta.properties'), before)
  await disk.removeTree('/other')
})

test('what cannot be formatted is refused with what Kafka says', async () => {
  const { run, disk } = machine({ one: combined('/x'), sta: staticVoters('/x'), bro: broker('/x') })
  const cases: [string[], RegExp, number][] = [
    [['-c', 'one'], /required option '-t, --cluster-id <id>' not specified/, 2],
    [['-c', 'nope', '-t', ID], /there is no file nope/, 2],
    [['-c', 'one', '-t', ID], /Because controller\.quorum\.voters is not set on this controller, you must specify one of/, 1],
    [['-c', 'sta', '-t', ID, '-s'], /You cannot specify controller\.quorum\.voters and format the node with/, 1],
    [['-c', 'bro', '-t', ID, '-s'], /You can only use --standalone on a controller\./, 1],
    [['-c', 'one', '-t', ID, '-I', '1@localhost:9093'], /No colon following port could be found\./, 1],
    [['-c', 'one', '-t', ID, '-I', '1@localhost:9093:bad'], /Failed to parse directory ID in dynamic voter string\./, 1],
    [['-c', 'one', '-t', ID, '-s', '-N'], /cannot be used with/, 2],
    [['-c', 'one', '-t', ID, '-s', '-r', '9.9'], /Unknown metadata\.version '9\.9'/, 1],
    [['-c', 'one', '-t', ID, '-s', '-f', 'x=1'], /Unsupported feature: x\. Supported features are: eligible/, 1],
    [['-c', 'one', '-t', ID, '-s', '-f', 'share.version=9'], /No feature:share\.version with feature level 9/, 1],
    [
      ['-c', 'one', '-t', ID, '-s', '-f', 'kraft.version=0'],
      /Cannot set kraft\.version to 0 if controller\.quorum\.voters is empty/,
      1,
    ],
    [
      ['-c', 'sta', '-t', ID, '-f', 'kraft.version=1'],
      /Cannot set kraft\.version to 1 unless controller\.quorum\.voters is empty/,
      1,
    ],
    [['-c', 'one', '-t', ID, '-s', '-S', 'SCRAM-SHA-256=[name=a,password=b]'], /not supported yet/, 2],
  ]
  for (const [words, expected, code] of cases) {
    const found = await run('format', ...words)
    assert.match(found.complaint, expected)
    assert.equal(found.code, code, words.join(' '))
  }
  assert.equal(await disk.exists('/x'), false)
})

test('info tells what is there and what is wrong', async () => {
  const { run, text, disk } = machine({ one: combined('/one'), two: combined('/a,/b') })
  assert.deepEqual(await run('info', '-c', 'one'), { text: 'Found problem:\n  /one does not exist\n', complaint: '', code: 1 })
  await run('format', '-c', 'one', '-t', ID, '-s')
  const { text: told, code } = await run('info', '-c', 'one')
  assert.match(
    told,
    /^Found log directory:\n {2}\/one\n\nFound metadata: \{cluster\.id=MkU3OEVBNTcwNTJENDM2Qk, directory\.id=.{22}, node\.id=1, version=1\}\n$/,
  )
  assert.equal(code, 0)
  await run('format', '-c', 'two', '-t', ID, '-s')
  await disk.replaceAtomic(
    '/b/meta.properties',
    Buffer.from((await text('/b/meta.properties'))!.replace('node.id=1', 'node.id=2')),
  )
  assert.match(
    (await run('info', '-c', 'two')).text,
    /Found log directories:\n {2}\/a\n {2}\/b\n\n.*\n\nFound problem:\n {2}Mismatched node IDs between storage directories\.\n$/,
  )
  await disk.remove('/b/meta.properties')
  assert.match((await run('info', '-c', 'two')).text, /\/b is not formatted\./)
})

test('random-uuid prints one', async () => {
  assert.match((await machine({}).run('random-uuid')).text, /^[A-Za-z0-9_-]{22}$/)
})
