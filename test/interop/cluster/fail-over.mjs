/** Brokers are killed under a running KafkaJS producer and group: both go on, and nothing that was acknowledged is lost. */
import assert from 'node:assert/strict'
import { Clerks, readAll } from './clerks.mjs'
import { Side } from './compared.mjs'

export async function failOver({ report, runner, cluster }) {
  const side = new Side(cluster, runner)
  const clerks = await Clerks.begin(cluster.bootstrap, { topic: 'orders' })
  const nodeOf = (id) => cluster.nodes.find((node) => node.id === id)
  const dies = async (node) => {
    clerks.takeLongestGap()
    await node.kill()
    await clerks.goOn()
    console.log(
      `       node ${node.id} killed: ${clerks.takeLongestGap()} ms without an acknowledgement, ${clerks.refused.length} refused so far`,
    )
    const described = await side.must('kafka-topics', '--describe', '--topic', 'orders')
    assert.doesNotMatch(described, new RegExp(`Leader: (none|${node.id})\\s`))
  }
  const returns = async (node) => {
    await node.start()
    await clerks.untilInSync(3)
    await clerks.goOn()
  }
  const test = (name, body) => report.test(name, body, { timeoutMs: 180_000 })
  try {
    await clerks.goOn()
    await test("kill -9 of a partition's leader under KafkaJS: producer and group go on", async () => {
      const node = nodeOf(await clerks.leader())
      await dies(node)
      await returns(node)
    })
    await test('kill -9 of the active controller: producer and group go on', async () => {
      const node = nodeOf(await activeController(side))
      await dies(node)
      await returns(node)
    })
    await test("kill -9 of the group's coordinator: the group goes on where it was", async () => {
      const node = nodeOf(await coordinator(side, 'clerks'))
      await dies(node)
      await returns(node)
    })
    await test('nothing that was acknowledged is lost: not to the group, not to a new reader', async () => {
      assert.deepEqual(await clerks.finish(), [])
      const values = [...(await readAll(cluster.bootstrap, 'orders')).values()].flat()
      const there = new Set(values)
      assert.deepEqual(
        [...clerks.acked].filter((value) => !there.has(value)),
        [],
      )
      console.log(
        `       ${clerks.acked.size} acknowledged, ${values.length - there.size} twice (the producer is not idempotent)`,
      )
    })
  } finally {
    await clerks.close()
  }
}

export async function activeController(side) {
  return Number(/^LeaderId:\s+(\d+)$/m.exec(await side.must('kafka-metadata-quorum', 'describe', '--status'))[1])
}

async function coordinator(side, group) {
  const said = await side.must('kafka-consumer-groups', '--describe', '--state', '--group', group)
  return Number(/:\d+\s+\((\d+)\)/.exec(said)[1])
}
