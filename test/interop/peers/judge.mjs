/** Other people's test suites, where the shared folder lies beside the project: every test by name. */
import { existsSync, mkdtempSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { runThroughFile } from '../lib/processes.mjs'
import { onThreeBrokers } from './three-brokers.mjs'

const cache = () => process.env.PEERS_CACHE || join(process.env.TMPDIR || tmpdir(), 'kafka-peers')

/** One judge per suite. `read` turns what the suite printed or wrote into [name, outcome, why]. */
function suite(settings) {
  const { name, about, needs, minutes, install } = settings
  return {
    name: `peers-${name}`,
    about,
    needs: ['shared', ...needs],
    minutes,
    overrides: { 'auto.create.topics.enable': 'true' },
    // So that its ACL calls answer: everyone is a super user.
    apacheOverrides: {
      'authorizer.class.name': 'org.apache.kafka.metadata.authorizer.StandardAuthorizer',
      'super.users': 'User:ANONYMOUS',
    },

    ...(install && { install }),

    run: ({ bootstrap, report, sharedDir }) => runSuite(settings, { bootstrap, report, script: join(sharedDir, 'peers', name) }),
  }
}

/** Runs `script` and records every test by name. */
async function runSuite({ name, minutes, args = () => [], env = {}, read }, { bootstrap, report, script }) {
  const scratch = mkdtempSync(join(process.env.TMPDIR || tmpdir(), 'odradek-peers-'))
  const settings = { timeoutMs: (minutes - 0.5) * 60_000, env: { ...process.env, ...env } }
  const result = await runThroughFile(script, [bootstrap, ...args(scratch)], settings)
  const total = new RegExp(`^${name}: (\\d+) passed, (\\d+) failed, (\\d+) skipped`, 'm').exec(result.stdout)
  for (const [test, outcome, why] of read(result.stdout, scratch)) report.record(test, outcome, why)
  console.log(`  ${total?.[0] ?? 'no total'}`)
  const whole = total !== null && report.outcomes.size > 0
  report.record(
    'the suite runs to its end',
    whole ? 'passed' : 'failed',
    whole ? '' : result.stdout.slice(-300) + result.stderr.slice(-300),
  )
  const noted = Number(total?.[2] ?? 0)
  if (noted > report.count('failed')) report.record('every failure has a name', 'failed', total[0])
}

const outcomes = { pass: 'passed', fail: 'failed', skip: 'skipped' }

/** `  pass name 1.2s why`, as the Java and the Node suites print. */
function lines(stdout) {
  return [...stdout.matchAll(/^ {2}(pass|fail|skip) (\S+) [\d.,]+s ?(.*)$/gm)].map(([, word, test, why]) => [
    test,
    outcomes[word],
    why,
  ])
}

/** pytest's own report: <testcase classname="a.b" name="c"> with a child if it did not pass. */
function junit(_, scratch) {
  const file = join(scratch, 'report.xml')
  if (!existsSync(file)) return []
  const cases = readFileSync(file, 'utf8').matchAll(
    /<testcase classname="([^"]*)" name="([^"]*)"[^>]*?(?:\/>|>([\s\S]*?)<\/testcase>)/g,
  )
  return [...cases].map(([, group, test, inside = '']) => {
    const [, what, why = ''] = /<(failure|error|skipped)(?:[^>]*? message="([^"]*)")?/.exec(inside) ?? []
    return [`${group.split('.').at(-1)}.${test}`, what === undefined ? 'passed' : what === 'skipped' ? 'skipped' : 'failed', why]
  })
}

/** The log of `go test -v`: the innermost tests, because a test with subtests says nothing that they do not. */
function goTest() {
  const logs = readdirSync(cache())
    .filter((dir) => dir.startsWith('franz-go-'))
    .map((dir) => join(cache(), dir, 'last.log'))
    .filter((file) => existsSync(file))
    .sort((a, b) => statSync(b).mtimeMs - statSync(a).mtimeMs)
  if (logs.length === 0) return []
  const text = readFileSync(logs[0], 'utf8')
  const ended = new Map(
    [...text.matchAll(/--- (PASS|FAIL|SKIP): (\S+) \(/g)].map(([, word, test]) => [test, outcomes[word.toLowerCase()]]),
  )
  // One that was started and never ended hung or panicked.
  const started = [...text.matchAll(/^=== RUN\s+(\S+)/gm)].map(([, test]) => test)
  const names = new Set([...started, ...ended.keys()])
  const isInner = (test) => ![...names].some((other) => other.startsWith(`${test}/`))
  return [...names].filter(isInner).map((test) => [test, ended.get(test) ?? 'failed', ended.has(test) ? '' : 'did not end'])
}

/**
 * The suite installs its clients where it runs first, and does not find itself again after that; a registry may also fail for once. One of them asks
 * for a newer Node than it needs, and `npm run` hands our own insistence on engines down.
 */
async function installNodeClients({ sharedDir }) {
  const settings = { timeoutMs: 10 * 60_000, env: { ...process.env, BUILD_ONLY: '1', npm_config_engine_strict: 'false' } }
  for (let attempt = 1; ; attempt++) {
    const { code, stderr } = await runThroughFile(join(sharedDir, 'peers/node-clients'), ['none'], settings)
    if (code === 0) return
    if (attempt === 3) throw new Error(`the Node clients could not be installed: ${stderr.slice(-300)}`)
  }
}

const suites = [
  {
    name: 'kafka-python',
    about: "kafka-python's own integration tests",
    needs: ['python3'],
    minutes: 8,
    args: (scratch) => [`--junitxml=${join(scratch, 'report.xml')}`],
    read: junit,
  },
  {
    name: 'franz-go',
    about: "franz-go's own tests of its client",
    needs: ['go', 'python3'],
    minutes: 10,
    // All but TestTxnEtl, which waits seven minutes for transactions that are not served yet.
    env: { ONLY: '^Test([^T]|T[^x])' },
    read: goTest,
  },
  {
    name: 'node-clients',
    about: 'kafkajs, @platformatic/kafka and @confluentinc/kafka-javascript',
    needs: ['npm'],
    minutes: 10,
    install: installNodeClients,
    read: lines,
  },
  {
    name: 'java-clients',
    about: 'tests on the Java clients',
    needs: ['java', 'javac', 'mvn'],
    minutes: 14,
    // These wait minutes for features that are not served yet and say nothing by it; each part comes back with its feature.
    args: () => ['(?!share[.]|consumer848[.]).*'],
    read: lines,
  },
]

export const peerSuites = suites.map(suite)

/** The same on three brokers, with three replicas of every topic; a usual run takes a share of them, `--whole` all. */
export const clusterSuites = suites.map((each) => onThreeBrokers(each, runSuite))
