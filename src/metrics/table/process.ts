// The process: is it up and ready, CPU, memory, files, the event loop; and what of this page was left out.

import { quantileOf } from '../../base/histogram.ts'
import type { VitalSigns } from '../../platform/vitals.ts'
import { about, chapter, counter, gauge, histogram, type Subject, untyped } from '../metric.ts'
import type { Scene } from '../scene.ts'
import { broker, leftOut, node } from '../subjects.ts'

const fromHealth = 'metrics/health: what /healthz answers'
const fromVitals = 'platform/vitals: Node and the operating system'
const fromLag = 'metrics/loop-lag: a timer that comes due 50 times a second'
const PROM_CLIENT = 'prom-client'

/** As Kafka numbers the states of a broker. */
const STATES = { starting: 1, running: 3, stopping: 6 } as const
const S = 1000
const US = 1_000_000

const vital =
  (of: (signs: VitalSigns) => number | null) =>
  (_: unknown, { vitals }: Scene) =>
    vitals ? of(vitals) : null

/** The part of the last half minute or so in which the event loop had nothing to do. */
function idleRatio(_: unknown, { stage, vitals }: Scene): number | null {
  if (!vitals) return null
  const { busyMs, idleMs } = stage.lag.usedSince(vitals)
  return busyMs + idleMs > 0 ? idleMs / (busyMs + idleMs) : 1
}

/** Boundaries that are also those of the counts below them: 2^n microseconds, from 1 ms to 8 s. */
const LATE_US = [10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23].map((exponent) => 2 ** exponent)

const lateness =
  (quantile: number) =>
  (_: unknown, { stage }: Scene) => {
    const { counts } = stage.lag.lateness
    const value = quantileOf(quantile, counts, stage.meters.windows.earlier(counts)) / US
    return Number.isNaN(value) ? 0 : value
  }

const build: Subject<Scene> = {
  name: 'nodes',
  labels: ['version', 'node_id', 'cluster_id'],
  list: (scene) => [scene],
  valuesOf: ({ stage, rooms }) => [stage.version, rooms?.nodeId ?? null, rooms?.clusterId ?? null],
}

export const processChapters = [
  chapter(
    'Node',
    about(build, {
      odradek_build_info: gauge(
        { help: 'Always 1; its labels say what runs here, and where it belongs.', from: fromHealth },
        () => 1,
      ),
    }),
    about(node, {
      odradek_ready: gauge({ help: '1 where the node serves; else /healthz says why not.', from: fromHealth }, (_, { stage }) =>
        stage.health.trouble === null ? 1 : 0,
      ),
    }),
    about(broker, {
      kafka_server_kafkaserver_brokerstate: gauge(
        { known: 'kafka.server:KafkaServer,BrokerState', help: '1 starting, 3 running, 6 stopping.', from: fromHealth },
        (_, { stage }) => STATES[stage.health.phase],
      ),
    }),
  ),
  chapter(
    'Event loop',
    about(node, {
      kafka_network_socketserver_networkprocessoravgidle_percent: gauge(
        {
          known: 'kafka.network:SocketServer,NetworkProcessorAvgIdlePercent',
          unit: 'ratio',
          help: 'Part of the time in which the event loop, which is all threads of Kafka in one, had nothing to do: 0 to 1.',
          from: fromVitals,
        },
        idleRatio,
      ),
      kafka_server_kafkarequesthandlerpool_requesthandleravgidle_percent: gauge(
        {
          known: 'kafka.server:KafkaRequestHandlerPool,RequestHandlerAvgIdlePercent',
          unit: 'ratio',
          help: 'The same: one event loop reads, works and answers.',
          from: fromVitals,
        },
        idleRatio,
      ),
      odradek_event_loop_lag_seconds: histogram(
        { unit: 'seconds', help: 'How late timers of the event loop came.', from: fromLag },
        (_, { stage }) => {
          const { lateness: seen } = stage.lag
          const below = LATE_US.map((us) => [String(us / US), seen.countBelow(us)] as const)
          return { parts: [...below, ['+Inf', seen.count]], count: seen.count, sum: seen.sum / US }
        },
      ),
      nodejs_eventloop_lag_p50_seconds: gauge(
        { like: PROM_CLIENT, unit: 'seconds', help: 'Median of that lag in the last five minutes.', from: fromLag },
        lateness(0.5),
      ),
      nodejs_eventloop_lag_p99_seconds: gauge(
        { like: PROM_CLIENT, unit: 'seconds', help: '99th percentile of that lag in the last five minutes.', from: fromLag },
        lateness(0.99),
      ),
    }),
  ),
  chapter(
    'Process',
    about(node, {
      process_cpu_user_seconds_total: counter(
        { like: PROM_CLIENT, unit: 'seconds', help: 'CPU time in the program.', from: fromVitals },
        vital(({ cpuUserMs }) => cpuUserMs / S),
      ),
      process_cpu_system_seconds_total: counter(
        { like: PROM_CLIENT, unit: 'seconds', help: 'CPU time in the operating system.', from: fromVitals },
        vital(({ cpuSystemMs }) => cpuSystemMs / S),
      ),
      process_cpu_seconds_total: counter(
        { like: PROM_CLIENT, unit: 'seconds', help: 'CPU time, both together.', from: fromVitals },
        vital(({ cpuUserMs, cpuSystemMs }) => (cpuUserMs + cpuSystemMs) / S),
      ),
      process_start_time_seconds: gauge(
        { like: PROM_CLIENT, unit: 'seconds', help: 'When the process started, since 1970.', from: fromVitals },
        vital(({ startedAtMs }) => startedAtMs / S),
      ),
      process_resident_memory_bytes: gauge(
        { like: PROM_CLIENT, unit: 'bytes', help: 'Memory in use.', from: fromVitals },
        vital(({ residentBytes }) => residentBytes),
      ),
      process_virtual_memory_bytes: gauge(
        { like: PROM_CLIENT, unit: 'bytes', help: 'Addresses in use.', from: fromVitals },
        vital(({ virtualBytes }) => virtualBytes),
      ),
      process_open_fds: gauge(
        { like: PROM_CLIENT, help: 'Open files and sockets.', from: fromVitals },
        vital(({ openFiles }) => openFiles),
      ),
      process_max_fds: gauge(
        { like: PROM_CLIENT, help: 'How many there may be.', from: fromVitals },
        vital(({ maxOpenFiles }) => maxOpenFiles),
      ),
      nodejs_heap_size_total_bytes: gauge(
        { like: PROM_CLIENT, unit: 'bytes', help: 'Heap of V8.', from: fromVitals },
        vital(({ heapTotalBytes }) => heapTotalBytes),
      ),
      nodejs_heap_size_used_bytes: gauge(
        { like: PROM_CLIENT, unit: 'bytes', help: 'Of it in use.', from: fromVitals },
        vital(({ heapUsedBytes }) => heapUsedBytes),
      ),
      nodejs_external_memory_bytes: gauge(
        { like: PROM_CLIENT, unit: 'bytes', help: 'Buffers and other memory outside of the heap.', from: fromVitals },
        vital(({ externalBytes }) => externalBytes),
      ),
      odradek_gc_total: counter(
        { help: 'Collections of garbage.', from: fromVitals },
        vital(({ gcCount }) => gcCount),
      ),
      odradek_gc_seconds_total: counter(
        { unit: 'seconds', help: 'Time that they took.', from: fromVitals },
        vital(({ gcMs }) => gcMs / S),
      ),
      kafka_server_kafkaserver_linux_disk_read_bytes: untyped(
        {
          known: 'kafka.server:KafkaServer,linux-disk-read-bytes',
          unit: 'bytes',
          help: 'What this process made devices read.',
          from: fromVitals,
        },
        vital(({ diskReadBytes }) => diskReadBytes),
      ),
      kafka_server_kafkaserver_linux_disk_write_bytes: untyped(
        {
          known: 'kafka.server:KafkaServer,linux-disk-write-bytes',
          unit: 'bytes',
          help: 'What this process made devices write.',
          from: fromVitals,
        },
        vital(({ diskWriteBytes }) => diskWriteBytes),
      ),
    }),
  ),
]

/** Told last, when all else is known. */
export const leftOutChapter = chapter(
  'Bounds',
  about(leftOut, {
    odradek_metrics_left_out: gauge(
      { help: 'Subjects of that kind that are not on this page because of metrics.max.label.sets.', from: 'metrics/text' },
      ([, count]) => count,
    ),
  }),
)
