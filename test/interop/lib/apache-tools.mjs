/** Apache Kafka's own command-line tools, many in one JVM (see Tools.java), with exit code and output of each. */
import { join } from 'node:path'
import { javaClasses, kafkaLibs } from './cache.mjs'
import { start } from './processes.mjs'

/** The main classes behind Kafka's scripts. */
const classes = {
  'kafka-topics': 'org.apache.kafka.tools.TopicCommand',
  'kafka-console-producer': 'org.apache.kafka.tools.ConsoleProducer',
  'kafka-console-consumer': 'org.apache.kafka.tools.consumer.ConsoleConsumer',
  'kafka-consumer-groups': 'org.apache.kafka.tools.consumer.group.ConsumerGroupCommand',
  'kafka-configs': 'kafka.admin.ConfigCommand',
  'kafka-get-offsets': 'org.apache.kafka.tools.GetOffsetShell',
  'kafka-delete-records': 'org.apache.kafka.tools.DeleteRecordsCommand',
  'kafka-log-dirs': 'org.apache.kafka.tools.LogDirsCommand',
  'kafka-producer-perf-test': 'org.apache.kafka.tools.ProducerPerformance',
  'kafka-consumer-perf-test': 'org.apache.kafka.tools.ConsumerPerformance',
  'kafka-e2e-latency': 'org.apache.kafka.tools.EndToEndLatency',
  'kafka-broker-api-versions': 'org.apache.kafka.tools.BrokerApiVersionsCommand',
  'kafka-cluster': 'org.apache.kafka.tools.ClusterTool',
  'kafka-groups': 'org.apache.kafka.tools.GroupsCommand',
  'kafka-dump-log': 'kafka.tools.DumpLogSegments',
  'kafka-metadata-quorum': 'org.apache.kafka.tools.MetadataQuorumCommand',
  'kafka-reassign-partitions': 'org.apache.kafka.tools.reassign.ReassignPartitionsCommand',
  'kafka-leader-election': 'org.apache.kafka.tools.LeaderElectionCommand',
  'kafka-features': 'org.apache.kafka.tools.FeatureCommand',
  'kafka-transactions': 'org.apache.kafka.tools.TransactionsCommand',
  'kafka-storage': 'kafka.tools.StorageTool',
}

/** Fetches the jars and compiles the runner. */
export async function installTools() {
  const libs = await kafkaLibs()
  return { libs, classes: await javaClasses(join(import.meta.dirname, 'Tools.java'), libs) }
}

/** One JVM that runs tools in turn; a tool that hangs costs the JVM, and the next one gets another. */
export class ToolRunner {
  #installed
  #jvm = null
  #answered = null

  constructor(installed) {
    this.#installed = installed
  }

  /** Runs one tool; `input` is its standard input. Resolves with { code, stdout, stderr }. */
  async run(tool, args, { input = '', timeoutMs = 60_000 } = {}) {
    this.#jvm ??= this.#startJvm()
    const jvm = this.#jvm
    const fields = [input, classes[tool] ?? tool, ...args.map(String)].map((field) => Buffer.from(field).toString('base64'))
    const answer = new Promise((resolve) => (this.#answered = resolve))
    jvm.stdin.write(`${fields.join(' ')}\n`)
    let limit
    const late = new Promise((resolve) => (limit = setTimeout(() => resolve(null), timeoutMs)))
    const line = await Promise.race([answer, late, jvm.ended.then(() => null)])
    clearTimeout(limit)
    if (line === null) {
      const why = jvm.exited ? `the JVM ended: ${jvm.stderr.slice(-500)}` : `${tool} did not end within ${timeoutMs} ms`
      this.close()
      return { code: -1, stdout: '', stderr: why }
    }
    const [code, stdout, stderr] = line.split(' ')
    const text = (field) => Buffer.from(field, 'base64').toString()
    return { code: Number(code), stdout: text(stdout), stderr: text(stderr) }
  }

  /** Like `run`, and throws unless the tool ends with 0; gives its output. */
  async must(tool, args, options) {
    const { code, stdout, stderr } = await this.run(tool, args, options)
    if (code !== 0) throw new Error(`${tool} ${args.join(' ')} ended with ${code}: ${(stderr + stdout).slice(-600)}`)
    return stdout
  }

  #startJvm() {
    const { libs, classes: compiled } = this.#installed
    const options = [
      '-Xmx512M',
      '-Djava.security.manager=allow',
      '-Dorg.slf4j.simpleLogger.defaultLogLevel=error',
      '-XX:TieredStopAtLevel=1',
      '-Xshare:auto',
    ]
    const onLine = (line) => this.#answered?.(line)
    return start('java', [...options, '-cp', `${compiled}:${libs}/*`, 'Tools'], { input: null, onLine })
  }

  close() {
    this.#jvm?.destroy()
    this.#jvm = null
  }
}
