/** What people wait for who type: from the start of one of Kafka's commands to its end. */
import { readdirSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { ourCommand } from '../../test/interop/lib/brokers.mjs'
import { runRaised, startRaised } from '../programs.mjs'
import { median } from '../table.mjs'
import { withTopic } from '../topics.mjs'

const bin = dirname(ourCommand)
const commands = readdirSync(bin).filter((name) => /^kafka-.*\.cjs$/.test(name))
const ROUNDS = 5

/** As kafka-run-class.sh starts Java for a tool, without what the shell itself takes. */
const jvm = [
  '-Xmx256M',
  '-server',
  '-XX:+UseG1GC',
  '-XX:MaxGCPauseMillis=20',
  '-XX:InitiatingHeapOccupancyPercent=35',
  '-XX:+ExplicitGCInvokesConcurrent',
  '-Djava.awt.headless=true',
  '-Dorg.slf4j.simpleLogger.defaultLogLevel=warn',
]

/** Milliseconds until it has ended, however it ends. */
async function lasted(args) {
  const from = performance.now()
  await startRaised(process.execPath, args).ended
  return performance.now() - from
}

async function must(command, args) {
  const from = performance.now()
  const { stdout } = await runRaised(command, args, { timeoutMs: 60_000 })
  return { ms: performance.now() - from, stdout }
}

const commandStart = {
  name: 'command-start',
  about: `each of the ${commands.length} kafka-* commands with --version, beside \`node -e 0\` in turn`,
  main: 'slowestAboveNodeMs',
  brokers: ['ours'],
  takes: () => commands.length * (ROUNDS + 1) * 0.2,
  async runAlone() {
    const lines = [['-e', '0'], ...commands.map((name) => [join(bin, name), '--version'])]
    for (const words of lines) await lasted(words)
    const times = lines.map(() => [])
    for (let round = 0; round < ROUNDS; round++) {
      for (const [at, words] of lines.entries()) times[at].push(await lasted(words))
    }
    const [node, ...each] = times.map(median)
    return { slowestAboveNodeMs: Math.max(...each) - node, aboveNodeMs: median(each) - node }
  },
}

const topicsList = {
  name: 'command-topics-list',
  about: '`kafka-topics --list`, ours and Apache’s in turn against the same broker, which the columns name',
  main: 'timesFaster',
  needs: 'java',
  takes: () => ROUNDS * 2.5,
  run: (broker, { libs }) =>
    withTopic(broker, 12, async (topic) => {
      const words = ['--bootstrap-server', broker.bootstrap, '--list']
      const ours = () => must(process.execPath, [join(bin, 'kafka-topics.cjs'), ...words])
      const theirs = () => must('java', [...jvm, '-cp', `${libs}/*`, 'org.apache.kafka.tools.TopicCommand', ...words])
      const times = { ours: [], theirs: [] }
      for (let round = 0; round < ROUNDS; round++) {
        const [mine, other] = [await ours(), await theirs()]
        if (!mine.stdout.split('\n').includes(topic)) throw new Error(`${topic} is not listed: ${mine.stdout.slice(0, 200)}`)
        times.ours.push(mine.ms)
        times.theirs.push(other.ms)
      }
      const [listMs, apachesListMs] = [median(times.ours), median(times.theirs)]
      return { timesFaster: apachesListMs / listMs, listMs, apachesListMs }
    }),
}

export const commandCases = [commandStart, topicsList].map((each) => ({ ...each, group: 'commands' }))
