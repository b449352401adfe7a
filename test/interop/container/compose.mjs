/** A compose file as it would be brought up, on this machine's loopback: the variables of its services, with free ports in place of their own. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { freePort, projectDir } from '../lib/brokers.mjs'
import { parseYaml } from './yaml.mjs'

const METRICS_PORT = '9404'
/** An address in a variable; the host is empty where a listener means all interfaces. */
const ADDRESS = /(?<host>[A-Za-z][\w.-]*|):(?<port>\d{2,5})(?=$|,)/g

/**
 * The variables of each service of deploy/`file`, by its name, and `outside(port)`: where programs of this machine reach what is published there. Every
 * `host:port` becomes 127.0.0.1 with a port that is free here: one of the service `host`, of this one where the host is empty, and of who publishes it where
 * the host is localhost. `elsewhere` has the addresses of what runs already.
 */
export async function bringUp(file, elsewhere = {}) {
  const { services } = parseYaml(readFileSync(join(projectDir, 'deploy', file), 'utf8'))
  const ports = new Map()
  const portOf = async (service, port) => {
    const name = `${service}:${port}`
    if (!ports.has(name)) ports.set(name, await freePort())
    return `${ports.get(name)}`
  }
  const published = new Map(
    Object.entries(services).flatMap(([service, { ports: pairs = [] }]) =>
      pairs.map((pair) => pair.split(':').slice(-2)).map(([outside, inside]) => [outside, [service, inside]]),
    ),
  )
  const outside = async (port) => {
    const where = published.get(port)
    if (!where) throw new Error(`localhost:${port} is told to clients, and no service publishes it`)
    return `127.0.0.1:${await portOf(...where)}`
  }

  async function here(service, { host, port }) {
    if (host === '') return `:${await portOf(service, port)}`
    if (host === 'localhost') return outside(port)
    if (!services[host]) throw new Error(`${service} names ${host}:${port}, and there is no such service`)
    return elsewhere[`${host}:${port}`] ?? `127.0.0.1:${await portOf(host, port)}`
  }

  const mapped = {}
  for (const [service, { environment }] of Object.entries(services)) {
    mapped[service] = { KAFKA_METRICS_PORT: await portOf(service, METRICS_PORT) }
    for (const [variable, text] of Object.entries(environment)) {
      const addresses = [...text.matchAll(ADDRESS)]
      const found = []
      for (const { groups } of addresses) found.push(await here(service, groups))
      mapped[service][variable] = text.replace(ADDRESS, () => found.shift())
    }
  }
  return { services: mapped, outside }
}
