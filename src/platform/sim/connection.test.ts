import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Connection } from '../network.ts'
import { World } from './world.ts'

const PORT = 9

async function twoConnections() {
  const world = new World({ seed: 1, turn: () => new Promise(setImmediate) })
  const [server, client] = [world.machine('server').start(), world.machine('client').start()]
  const heard: string[] = []
  const accept = (connection: Connection) => {
    const buffer = new Uint8Array(100)
    connection.onData({
      buffer: () => buffer,
      received: (length) => heard.push(Buffer.from(buffer.subarray(0, length)).toString()),
    })
  }
  await server.platform.network.listen({ host: 'server', port: PORT }, accept)
  const open: Connection[] = []
  for (let i = 0; i < 2; i++)
    void client.platform.network.connect({ host: 'server', port: PORT }).then((connection) => open.push(connection))
  await world.events.run(100, () => open.length === 2)
  const pass = () => world.events.run(world.events.now + 1000, () => false)
  return { world, heard, open, pass }
}

test('what is sent on a held connection arrives when it is let go, also of a sender that gave up; other connections go on', async () => {
  const { world, heard, open, pass } = await twoConnections()
  const [one, other] = open as [Connection, Connection]
  world.network.onSend = (link, bytes) => {
    if (Buffer.from(bytes).toString() === 'late') link.isHeld = true
  }
  void one.send([Buffer.from('late')])
  void other.send([Buffer.from('at once')])
  await pass()
  assert.deepEqual(heard.join(''), 'at once')
  one.close()
  world.network.mend()
  await pass()
  assert.deepEqual(heard.join(''), 'at once', 'the end of a cut does not let it go')
  const [held] = world.network.links.filter(({ isHeld }) => isHeld)
  held!.letGo()
  await pass()
  assert.deepEqual(heard.join(''), 'at oncelate')
})
