/** What nobody should send, and disks nobody should have: the broker answers with an error or hangs up, and the others are unharmed. */

import { clusters } from './cluster.mjs'
import { crowds } from './crowds.mjs'
import { disks } from './disks.mjs'
import { frames } from './frames.mjs'
import { stops } from './stops.mjs'

export const judge = {
  name: 'bad-input',
  about:
    'garbage on the wire, clients that never read, 2,000 idle connections, disks full, taken or not writable, SIGTERM under load; three nodes: one id twice, another cluster, garbage for controllers, a leader without room',
  needs: [],
  startsBrokers: true,
  minutes: 12,

  async run(context) {
    const broker = await context.startBroker({})
    await frames({ ...context, broker })
    await crowds({ ...context, broker })
    await context.report.test('after all of it: the same process, still serving', () => {
      if (broker.child.exited) throw new Error(`it ended: ${broker.output.slice(-500)}`)
    })
    await broker.stop()
    await stops(context)
    await disks(context)
    if (context.kind === 'ours') await clusters(context)
  },
}
