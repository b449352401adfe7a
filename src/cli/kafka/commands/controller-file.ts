// A controller that is to vote, out of its own configuration file and its directory.

import { parseProperties } from '../../../config/properties.ts'
import { readProperties } from '../client.ts'
import type { Surroundings } from '../command.ts'
import { Failure } from '../failure.ts'

export interface Controller {
  readonly id: number
  readonly directoryId: string
  readonly endpoints: readonly { readonly name: string; readonly host: string; readonly port: number }[]
}

const IS_VALID = 'Is this a valid controller configuration file?'

const NO_CONTROLLER =
  "process.roles did not contain 'controller' in configuration file. Is this a valid controller configuration file?"

export async function controllerOf(path: string, around: Surroundings): Promise<Controller> {
  const properties = await readProperties(path, around)
  const id = properties.get('node.id')?.trim()
  if (id === undefined) throw new Failure(`node.id not found in configuration file. ${IS_VALID}`)
  if (!/^[+-]?\d{1,10}$/.test(id)) throw new Failure(`For input string: "${id}"`)
  if (Number(id) < 0) throw new Failure(`node.id was negative in configuration file. ${IS_VALID}`)
  if (!(properties.get('process.roles') ?? '').includes('controller')) {
    throw new Failure(NO_CONTROLLER)
  }
  const [first] = (properties.get('log.dirs') ?? '').trim().split(',')
  const directory = properties.get('metadata.log.dir') ?? first
  if (!directory) throw new Failure(`Neither metadata.log.dir nor log.dirs were found. ${IS_VALID}`)
  return { id: Number(id), directoryId: await directoryIdOf(directory, around), endpoints: endpointsOf(properties) }
}

async function directoryIdOf(directory: string, around: Surroundings): Promise<string> {
  const text = await around.readText(`${directory}/meta.properties`)
  if (text === null) throw new Failure(`Unable to read meta.properties from ${directory}`)
  const id = parseProperties(text).get('directory.id')
  if (id === undefined) throw new Failure(`No directory id found in ${directory}`)
  return id
}

/** Where its listeners for controllers are; what is told to others goes before what it listens on. */
function endpointsOf(properties: ReadonlyMap<string, string>): Controller['endpoints'] {
  const listeners = new Map<string, Controller['endpoints'][number]>()
  for (const key of ['listeners', 'advertised.listeners']) {
    for (const text of (properties.get(key) ?? '').split(',')) {
      const [, name, bracketed, plain, port] = /^\s*([^:]+):\/\/(?:\[([^\]]*)\]|([^:]*)):(\d+)\s*$/.exec(text) ?? []
      if (name)
        listeners.set(name.toUpperCase(), {
          name: name.toUpperCase(),
          host: bracketed || plain || 'localhost',
          port: Number(port),
        })
    }
  }
  const names = properties.get('controller.listener.names')
  if (names === undefined) throw new Failure(`controller.listener.names was not found. ${IS_VALID}`)
  return names.split(',').map((name) => {
    const listener = listeners.get(name.trim().toUpperCase())
    if (!listener) throw new Failure(`Cannot find information about controller listener name: ${name.trim().toUpperCase()}`)
    return listener
  })
}
