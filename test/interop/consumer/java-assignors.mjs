/** Kafka's own assignors in a JVM, one question after the other. */
import { join } from 'node:path'
import { javaClasses, kafkaLibs } from '../lib/cache.mjs'
import { start } from '../lib/processes.mjs'

export async function startJavaAssignors() {
  const libs = await kafkaLibs()
  const classes = await javaClasses(join(import.meta.dirname, 'Assignors.java'), libs)
  const waiting = []
  const options = ['-Xmx256M', '-XX:TieredStopAtLevel=1', '-Dorg.slf4j.simpleLogger.defaultLogLevel=off']
  const jvm = start('java', [...options, '-cp', `${classes}:${libs}/*`, 'Assignors'], {
    input: null,
    onLine: (line) => waiting.shift()?.resolve(JSON.parse(line)),
  })
  void jvm.ended.then(() => {
    for (const { reject } of waiting) reject(new Error(`the JVM ended: ${jvm.stderr.slice(-500)}`))
  })
  return {
    /** Who gets what, by member id; `{ error }` where the assignor fails. */
    ask(group) {
      return new Promise((resolve, reject) => {
        waiting.push({ resolve, reject })
        jvm.stdin.write(`${JSON.stringify(group)}\n`)
      })
    },
    async close() {
      jvm.destroy()
      await jvm.ended
    },
  }
}
