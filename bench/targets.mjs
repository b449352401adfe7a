/**
 * What is to be reached ("must") and where we want to stand ("aim"). Most are ours to Apache Kafka's in the same run: of a rate at least, of
 * everything else at most. `absolute` ones are ours alone; one without a bound is only shown. `of` names other brokers than ours and Apache's.
 */
const ratio = (figure, must, aim, of) => ({ figure, must, aim, of })
const absolute = (figure, must, aim, of = ['ours']) => ({ figure, must, aim, of, isAbsolute: true })
const none = null

/** Rows that flush before they answer: against Apache's default, which does not, and against Apache told to flush every batch. */
const flushed = (figure) => [
  ratio(figure, 0.5, 0.8, ['ours-fsync', 'apache']),
  ratio(figure, 5, none, ['ours-fsync', 'apache-flush']),
]

const javaProduce = {
  12: [ratio('recordsPerSecond', 1, none), ratio('cpuPerGB', 0.8, 0.6)],
  1: [ratio('recordsPerSecond', 1.2, 1.4), ratio('cpuPerGB', 0.8, 0.6)],
  lz4: [ratio('recordsPerSecond', 1, none), ratio('cpuPerGB', 0.9, 0.7)],
  // On Node 20 a zstd batch is opened by WebAssembly.
  zstd: [ratio('recordsPerSecond', 1, none), ratio('cpuPerGB', Number(process.versions.node.split('.')[0]) < 22 ? 1 : 0.9, 0.7)],
}

/** All replicas are in the CPU; with fsync all three flush before an answer leaves, which Apache's default never does. */
const replicated = (rate) => [
  ratio(rate, 1, 1.3),
  ratio('cpuPerGB', 1, 0.7),
  ratio(rate, 0.5, 0.8, ['ours-fsync', 'apache']),
  ratio('cpuPerGB', none, 1, ['ours-fsync', 'apache']),
]

/** Only shown: what it brings depends on how many cores the load leaves over. */
const twoProcesses = [ratio('mbPerSecond', none, none, ['ours-two', 'ours']), ratio('cpuPerGB', none, none, ['ours-two', 'ours'])]

export const targets = {
  'produce-16k': [
    ratio('mbPerSecond', 1.25, 1.6),
    ratio('cpuPerGB', 0.6, 0.45),
    ratio('p99', none, 1),
    ...flushed('mbPerSecond'),
  ],
  'produce-1m': [ratio('mbPerSecond', 0.8, 1), ...flushed('mbPerSecond')],
  'produce-small': [ratio('requestsPerSecond', 1.3, 1.8), ratio('p99', 0.8, 0.5), ...flushed('requestsPerSecond')],
  'fetch-cached': [ratio('mbPerSecond', 1, 1.3), ratio('cpuPerGB', none, 0.9)],
  'fetch-tail': [ratio('mbPerSecond', 1.2, 1.6), ratio('cpuPerGB', none, 0.6)],
  'java-produce-100-p12': javaProduce[12],
  'java-produce-1024-p12': [...javaProduce[12], ratio('recordsPerSecond', 0.5, 0.8, ['ours-fsync', 'apache'])],
  'java-produce-10240-p12': javaProduce[12],
  'java-produce-100-p1': javaProduce[1],
  'java-produce-1024-p1': javaProduce[1],
  'java-produce-10240-p1': javaProduce[1],
  'java-produce-100-p12-lz4': javaProduce.lz4,
  'java-produce-1024-p12-lz4': javaProduce.lz4,
  'java-produce-10240-p12-lz4': javaProduce.lz4,
  'java-produce-100-p12-zstd': javaProduce.zstd,
  'java-produce-1024-p12-zstd': javaProduce.zstd,
  'java-produce-10240-p12-zstd': javaProduce.zstd,
  'java-consume-100': [ratio('recordsPerSecond', 0.95, 1)],
  'java-consume-1024': [ratio('recordsPerSecond', 0.95, 1)],
  'librdkafka-produce': [ratio('recordsPerSecond', 1.1, 1.3)],
  'librdkafka-consume': [ratio('recordsPerSecond', 0.9, 1)],
  'latency-1000': [
    ratio('end-to-end p99', 0.5, 0.25),
    ...['bare round p50', 'ack p50', 'end-to-end p50', 'end-to-end p99'].map((each) =>
      absolute(each, none, none, ['ours-fsync']),
    ),
    absolute('end-to-end p50 above the bare round', 2, 1, ['ours-fsync']),
  ],
  'java-latency-1000': [ratio('end-to-end p99', 0.5, 0.25)],
  'java-latency-40000': [ratio('ack p99', 0.6, 0.3)],
  startup: [ratio('readyMs', 0.1, none), absolute('readyMs', none, 150), absolute('rssIdle', 90, 60)],
  'startup-in-process': [absolute('medianMs', 30, 10)],
  memory: [ratio('rssLoaded', 0.3, 0.2), ratio('rss2000', 0.3, 0.2)],
  partitions: [
    ratio('createMs', 0.5, 0.2),
    ratio('rssPartitions', 0.5, 0.3),
    ratio('restartMs', 0.4, 0.15),
    ratio('crashRestartMs', 0.3, 0.1),
  ],
  recovery: [ratio('crashRestartMs', 0.25, 0.1)],
  'command-start': [absolute('slowestAboveNodeMs', 150, none)],
  'command-topics-list': [absolute('timesFaster', 8, 20)],
  'processes-produce': twoProcesses,
  'processes-fetch': twoProcesses,
  'cluster-produce': replicated('mbPerSecond'),
  'cluster-produce-1m': replicated('mbPerSecond'),
  'cluster-java-produce': replicated('recordsPerSecond'),
  'cluster-latency-1000': [
    ratio('end-to-end p99', 0.5, 0.25),
    ratio('ack p99', none, 0.5),
    ...['ack p50', 'ack p99', 'end-to-end p50', 'end-to-end p99'].map((each) =>
      ratio(each, none, none, ['ours-fsync', 'apache']),
    ),
  ],
  'cluster-create': [ratio('createMs', 1, 0.5), ratio('replicatedMs', 1, 0.5)],
  'cluster-reassign': [ratio('reassignMs', 1, 0.7)],
  'cluster-memory': [ratio('rssIdle', 0.3, 0.2), ratio('rssLoaded', 0.3, 0.2)],
  'cluster-fail-over': [ratio('gap p50', 0.5, 0.1), absolute('gap p50', none, 1000)],
}

/** The event loop of ours is never held longer than this in normal work. */
export const longestSliceMs = 10

/** The fastest other client for Node, and Java's on Apache Kafka. */
const rates = { of: 'toBest', must: { text: '≥ 1.5x', holds: ({ toBest }) => toBest >= 1.5 } }
const asJava = { text: '≥ 1x Java', holds: ({ toBest, toJava }) => toBest >= 1.5 && toJava >= 1 }
/** What a consumer takes: its buffer (prefetch.max.bytes, 32 MiB) and 60 MB. */
const memory = { of: 'own', must: { text: '≤ 89', holds: ({ own }) => own <= 32 + 60e6 / 2 ** 20 } }
const pause = { of: 'own', must: { text: '≤ 20', holds: ({ own }) => own <= 20 } }

/** What a figure of ours shall reach in a case of this mode (see load/client.mjs): { of, must, aim }; undefined: it is only shown. */
export function clientTargets(mode, figure, broker) {
  if (figure === 'recordsPerSecond') return broker === 'apache' ? { ...rates, aim: asJava } : rates
  if (figure === 'pauseMs') return pause
  return figure === 'grownMiB' && (mode === 'each' || mode === 'batch') ? memory : undefined
}
