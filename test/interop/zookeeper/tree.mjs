/** What lies in an ensemble, as Apache's own client reads it. */
import { join } from 'node:path'
import { javaClasses } from '../lib/cache.mjs'
import { must } from '../lib/processes.mjs'

/** Path -> { version, isEphemeral, data } of every node; `data` is null where there is none. */
export async function readTree(libs, connect) {
  const classes = await javaClasses(join(import.meta.dirname, 'Tree.java'), libs)
  const { stdout } = await must('java', ['-cp', `${libs}/*:${classes}`, 'Tree', connect], { timeoutMs: 60_000 })
  const lines = stdout.split('\n').filter((line) => /^\S+ -?\d+ -?\d+ \S+$/.test(line))
  return new Map(
    lines.map((line) => {
      const [path, version, owner, data] = line.split(' ')
      const text = data === '-' ? null : Buffer.from(data, 'base64').toString()
      return [Buffer.from(path, 'base64').toString(), { version: Number(version), isEphemeral: owner !== '0', data: text }]
    }),
  )
}
