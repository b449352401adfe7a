/**
 * Clients side by side, one after the other on the same broker: ours, those of others for Node, and Java's. See load/client.mjs, which is the same load for
 * each of them. A run of a case is all of them in turn, so that ratios are of figures that lie seconds apart.
 */
import { clientNames, clientRun, load } from '../clients.mjs'
import { nodeClients } from '../node-clients.mjs'
import { dropTopic, leadersOf, newTopic, withTopic } from '../topics.mjs'

const partitions = 12
/**
 * How long before it counts: one record after the other are so few that code is still being compiled after half a second. A run of a case has all clients in
 * it, so each of them has less than other cases take.
 */
const warms = { one: 1, stream: 0.5, each: 0.25, batch: 0.25 }
const countedOf = (seconds) => seconds / 5
const startAndEnd = 0.5

const ways = {
  one: 'produce one record after the other, each awaited',
  stream: 'produce as fast as it takes records',
  each: 'consume, a call for each record',
  batch: 'consume, many records a call',
}
/** How many records wait to be consumed: about as many as the fastest client reads in the time. */
const waiting = { 100: 2_500_000, 1024: 600_000 }

function clientCase(mode, size) {
  return {
    name: `client-${mode}-${size}`,
    about: `${ways[mode]}, ${size === 1024 ? '1 KB' : `${size} B`}`,
    group: 'clients',
    mode,
    comparesClients: true,
    takes: (seconds) => clientNames.length * (warms[mode] + countedOf(seconds) + startAndEnd),
    ...(mode === 'one' || mode === 'stream' ? producing(mode, size) : consuming(mode, size)),
  }
}

function producing(mode, size) {
  return {
    run: (broker, settings) =>
      withTopic(broker, partitions, (topic) => all(broker, topic, settings, { mode, size, warm: warms[mode] })),
  }
}

function consuming(mode, size) {
  return {
    prepares: () => 4,
    async prepare(broker) {
      const topic = await newTopic(broker, partitions)
      const leaders = await leadersOf(broker, topic)
      // Batches of 16 KB, as producers send them.
      const fast = { leaders, topic, partitions, connections: partitions, inFlight: 2, records: Math.floor(16_000 / size), size }
      for (let sent = 0; sent < waiting[size]; ) sent += (await load('produce', { ...fast, seconds: 0.5 })).bytes / size
      return topic
    },
    run: (broker, { prepared: topic, ...settings }) =>
      all(broker, topic, settings, { mode, size, warm: warms[mode], records: waiting[size] }),
    clean: dropTopic,
  }
}

/** Every client in turn, another one first in every run, because the broker is not warm yet for what that asks; its figures bear its name. */
async function all(broker, topic, { seconds, libs, profile, turn }, way) {
  const found = await nodeClients()
  const figures = { bytes: 0 }
  const first = turn % clientNames.length
  for (const name of [...clientNames.slice(first), ...clientNames.slice(0, first)]) {
    const withProfile = profile && name === 'odradek'
    const settings = { ...way, bootstrap: broker.bootstrap, topic, seconds: countedOf(seconds), withProfile }
    const run = clientRun(name, { found, libs })
    if (run === null) continue
    try {
      const { bytes, profile: spent, ...others } = await run(settings)
      figures.bytes += bytes
      for (const [figure, value] of Object.entries(others)) figures[`${name} ${figure}`] = value
      if (spent?.length > 0) figures.profile = spent
    } catch (error) {
      if (name === 'odradek') throw error
      console.error(`${name}: ${error.message}`)
    }
  }
  return figures
}

export const clientCases = Object.keys(ways).flatMap((mode) => [100, 1024].map((size) => clientCase(mode, size)))
