// The page about metrics, out of their table.

import type { Family, Known } from '../../metrics/metric.ts'
import { chapters } from '../../metrics/table/index.ts'
import { row, table } from './markdown.ts'

/** docs/reference/metrics.md */
export function metricsPage(): string {
  return [
    '# Metrics',
    '',
    'Made by `npm run docs` from the table in `src/metrics/table`. A node serves them at `/metrics` in the text format of Prometheus, on `metrics.port`',
    '(9404; 0: nowhere), and at `/healthz` whether it is ready: 200, or 503 with the reason. Names and labels are those that the usual rules of the JMX',
    'exporter give to the MBeans of Apache Kafka 4.2, and those of kafka_exporter, so that dashboards made for them work; what is named after neither is',
    "Odradek's own. Rules for alerts and a dashboard are in [deploy](../../deploy/README.md). What is not told, or otherwise than by Kafka, and why, is in",
    '[limits.md](../limits.md#metrics).',
    '',
    '- Rates are not told: take `rate()` of the counters. Quantiles are of the last five minutes; sum and count grow from the start of the process.',
    '- A partition is told of by its leader, a group by its coordinator, topics and brokers by the active controller: a sum over all nodes counts each once.',
    '- Values are read when they are asked for. Of one kind (partitions, groups, ...) no more than `metrics.max.label.sets` are told of;',
    '  `odradek_metrics_left_out` says how many were not.',
    '',
    ...chapters.flatMap(({ title, families }) => [
      `## ${title}`,
      '',
      ...table(['name', 'kind', 'labels', 'unit', 'what it tells', 'known as', 'comes from'], families.map(familyRow)),
      '',
    ]),
  ].join('\n')
}

function familyRow({ name, kind, subject, unit, help, known, from }: Family): string {
  const labels = subject.labels.map((label) => `\`${label}\``).join(', ')
  return row([`\`${name}\``, kind, labels, unit, help, knownAs(known), from])
}

function knownAs(known: Known): string {
  if (known.by === 'jmx') return `\`${known.domain}:type=${known.type}\` ${known.name}`
  if (known.by === 'kafka_exporter') return 'kafka_exporter'
  return known.like === undefined ? "Odradek's own" : `as ${known.like} names it`
}
