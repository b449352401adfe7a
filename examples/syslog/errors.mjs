// Which machines are in trouble: follows the log lines that rsyslog writes, prints those that tell of an error, and at Ctrl-C how many lines each host sent.
// Run with: node examples/syslog/errors.mjs
import { Consumer, serdes } from 'odradek/client'

const TROUBLE = new Set(['err', 'crit', 'alert', 'emerg'])

const consumer = new Consumer({
  bootstrapServers: process.argv[2] ?? 'localhost:9092',
  groupId: 'errors',
  autoOffsetReset: 'earliest',
  valueDeserializer: serdes.json(),
})
process.once('SIGINT', () => consumer.close())

const lines = new Map()
consumer.subscribe('syslog')
for await (const { value } of consumer) {
  const { host, program, severity, message } = value
  lines.set(host, (lines.get(host) ?? 0) + 1)
  if (TROUBLE.has(severity)) console.log(`${host} ${program}: ${message.trim()}`)
}
for (const [host, count] of [...lines].sort()) console.log(`${host} sent ${count} lines`)
