// The text format of Prometheus, version 0.0.4: families of samples, made in pieces so that thousands of them hold up nobody.

import type { Family, Spread } from './metric.ts'
import type { Scene } from './scene.ts'
import { chapters } from './table/index.ts'

export const CONTENT_TYPE = 'text/plain; version=0.0.4; charset=utf-8'

/** Pieces are about so long, in characters: large enough for the network, small enough for the memory. */
const PIECE = 64 * 1024

/** How a spread names the label of its parts, and what follows its name in them. */
const PARTS = { summary: ['quantile', ''], histogram: ['le', '_bucket'] } as const

export interface TextOptions {
  /** Of one family no more subjects than that are told of; `scene.leftOut` says how many were not. */
  readonly maxSubjects: number
  readonly families?: readonly Family[]
}

const everything: readonly Family[] = chapters.flatMap(({ families }) => families)

/** All that the scene has to tell. A family without samples is left out. */
export async function* metricsText(scene: Scene, { maxSubjects, families = everything }: TextOptions): AsyncGenerator<string> {
  const { slices } = scene.stage
  let piece = ''
  let count = 0
  for (const family of families) {
    let told = 0
    let left = 0
    for (const subject of family.subject.list(scene)) {
      while (slices.isOverAt(count++)) await slices.turn()
      if (told === maxSubjects) {
        left++
        continue
      }
      const lines = samples(family, subject, scene)
      if (lines === '') continue
      if (told++ === 0) piece += heading(family)
      piece += lines
      if (piece.length < PIECE) continue
      yield piece
      piece = ''
    }
    if (left > 0) scene.leftOut.set(family.subject.name, left)
  }
  if (piece !== '') yield piece
}

function heading({ name, kind, help }: Family): string {
  return `# HELP ${name} ${escapeHelp(help)}\n# TYPE ${name} ${kind}\n`
}

function samples(family: Family, subject: unknown, scene: Scene): string {
  const value = family.value(subject, scene)
  if (value === null) return ''
  const labels = labelsOf(family, subject, scene)
  if (typeof value === 'number') return `${family.name}${labels === '' ? '' : `{${labels}}`} ${numberText(value)}\n`
  return spreadText(family, labels, value)
}

function spreadText({ name, kind }: Family, labels: string, { parts, sum, count }: Spread): string {
  const [label, suffix] = PARTS[kind as keyof typeof PARTS]
  const before = labels === '' ? '' : `${labels},`
  const around = labels === '' ? '' : `{${labels}}`
  let text = ''
  for (const [part, value] of parts) text += `${name}${suffix}{${before}${label}="${part}"} ${numberText(value)}\n`
  return `${text}${name}_sum${around} ${numberText(sum)}\n${name}_count${around} ${numberText(count)}\n`
}

function labelsOf({ subject: { labels, valuesOf } }: Family, subject: unknown, scene: Scene): string {
  if (labels.length === 0) return ''
  const values = valuesOf(subject, scene)
  let text = ''
  for (let i = 0; i < labels.length; i++) {
    const value = values[i]
    if (value === null || value === undefined) continue
    text += `${text === '' ? '' : ','}${labels[i]}="${typeof value === 'string' ? escapeLabel(value) : value}"`
  }
  return text
}

const UNSAFE = /[\\"\n]/
const ESCAPES: Readonly<Record<string, string>> = { '\\': '\\\\', '"': '\\"', '\n': '\\n' }

/** Nearly all names have nothing to escape, and looking is cheaper than replacing. */
export function escapeLabel(text: string): string {
  return UNSAFE.test(text) ? text.replace(/[\\"\n]/g, (unsafe) => ESCAPES[unsafe]!) : text
}

/** In a help text, quotes stay as they are. */
export function escapeHelp(text: string): string {
  return text.replace(/[\\\n]/g, (unsafe) => ESCAPES[unsafe]!)
}

/** As Go reads it. */
export function numberText(value: number): string {
  if (Number.isFinite(value)) return String(value)
  return Number.isNaN(value) ? 'NaN' : value > 0 ? '+Inf' : '-Inf'
}
