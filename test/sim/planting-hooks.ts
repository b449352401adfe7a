// Runs in Node's loader: the text of one module is another one.

import type { InitializeHook, LoadHook } from 'node:module'
import type { Planting } from './planting.ts'

let planting: Planting | null = null

export const initialize: InitializeHook<Planting> = (data) => {
  planting = data
}

export const load: LoadHook = async (url, context, nextLoad) => {
  const loaded = await nextLoad(url, context)
  if (url !== planting?.url) return loaded
  const source = Buffer.from(loaded.source as Uint8Array).toString()
  if (source.split(planting.find).length !== 2) throw new Error(`nothing to plant in ${url}`)
  return { ...loaded, source: source.replace(planting.find, () => planting!.replace) }
}
