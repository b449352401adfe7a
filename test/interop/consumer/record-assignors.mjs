/** Asks Kafka's own assignors what they give a few hundred groups, and packs questions and answers for `npm test` (src/assignors/java.test.ts). */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { groupRounds } from './groups.mjs'
import { startJavaAssignors } from './java-assignors.mjs'

const GROUPS_EACH = 20
const ROUNDS = 6
const java = await startJavaAssignors()
const recorded = []
try {
  for (const assignor of ['range', 'roundrobin', 'sticky', 'cooperative-sticky']) {
    for (const isMixed of [false, true]) {
      for (const hasRacks of [false, true]) {
        for (let group = 0; group < GROUPS_EACH; group++) {
          const rounds = groupRounds(recorded.length + 1, { assignor, isMixed, hasRacks })
          for (let round = 0; round < ROUNDS; round++) {
            const question = rounds.next()
            const answer = await java.ask(question)
            recorded.push({ question, answer })
            if (answer.error) break
            rounds.settle(answer)
          }
        }
      }
    }
  }
} finally {
  await java.close()
}
const file = join(import.meta.dirname, '../../data/java-assignors.json.gz')
writeFileSync(file, gzipSync(JSON.stringify(recorded), { level: 9 }))
console.log(`${recorded.length} answers, ${recorded.filter(({ answer }) => answer.error).length} of them errors`)
