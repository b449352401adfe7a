// Prints a plan as straight-line JavaScript: one small function per struct and array, which the engine can optimise on its own. The text is made
// of names and numbers of our own schemas only, never of anything that came over the wire.

import type { ByteReader, ByteWriter } from '../base/bytes.ts'
import type { Codec } from './codec.ts'
import type { ArrayType, Member, Plan, Type } from './plan.ts'
import * as wire from './wire.ts'

const NAMES = Object.keys(wire)
const VALUES = Object.values(wire)

/** Throws an EvalError where the process forbids code made from text. */
export function compileRead(plan: Plan): Codec<unknown>['read'] {
  const source = new Source()
  const root = readStruct(source, plan)
  return source.evaluate(source.add(plan.path, 'r', ['startReading()', `return ${root}(r)`])) as (from: ByteReader) => unknown
}

export function compileWrite(plan: Plan): Codec<unknown>['write'] {
  const source = new Source()
  const root = writeStruct(source, plan)
  return source.evaluate(root) as (to: ByteWriter, value: unknown) => void
}

class Source {
  readonly #functions: string[] = []
  readonly #constants: unknown[] = []

  /** Adds a function and gives its name, by which profiles and stacks show the place in the message. */
  add(path: string, parameters: string, body: readonly string[]): string {
    const name = `${path.replaceAll('.', '_')}_${this.#functions.length}`
    this.#functions.push(`function ${name}(${parameters}) {\n${body.join('\n')}\n}`)
    return name
  }

  /** The name of a value that the code may look at. */
  constant(value: unknown): string {
    return `c[${this.#constants.push(value) - 1}]`
  }

  evaluate(root: string): unknown {
    return new Function('c', ...NAMES, `'use strict'\n${this.#functions.join('\n')}\nreturn ${root}`)(this.#constants, ...VALUES)
  }
}

const quote = (path: string) => JSON.stringify(path)

function readStruct(source: Source, plan: Plan): string {
  const fields = plan.members.map((member) => {
    const { name, place, type, path, initial } = member
    return `  ${name}: ${place === 'wire' ? readValue(source, type, path) : literal(initial)},`
  })
  const body = ['const value = {', ...fields, '}']
  if (plan.flexible) body.push(...(plan.tagged.length === 0 ? ['skipTags(r)'] : readTagged(source, plan.tagged)))
  return source.add(plan.path, 'r', [...body, 'return value'])
}

// The size of a tag that we know is not looked at, as in Kafka: the value tells its own end.
function readTagged(source: Source, tagged: readonly Member[]): string[] {
  const cases = tagged.map(
    ({ name, tag, type, path }) => `    case ${tag}: value.${name} = ${readValue(source, type, path)}; break`,
  )
  return [
    'for (let left = r.uvarint(); left > 0; left--) {',
    '  const tag = r.uvarint(), size = r.uvarint()',
    '  switch (tag) {',
    ...cases,
    '    default: r.skip(size)',
    '  }',
    '}',
  ]
}

/** An expression that reads the value. */
function readValue(source: Source, type: Type, path: string): string {
  switch (type.kind) {
    case 'string': {
      const length = type.compact ? 'r.uvarint() - 1' : 'r.int16()'
      return type.nullable ? `textOrNull(r, ${length})` : `text(r, required(${length}, ${quote(path)}))`
    }
    case 'bytes':
    case 'records': {
      const length = type.compact ? 'r.uvarint() - 1' : 'r.int32()'
      return type.nullable ? `viewOrNull(r, ${length})` : `r.view(required(${length}, ${quote(path)}))`
    }
    case 'array':
      return `${readArray(source, type, path)}(r)`
    case 'struct': {
      const read = `${readStruct(source, type.plan)}(r)`
      return type.nullable ? `isNull(r, ${type.isTagged}) ? null : ${read}` : read
    }
    case 'uuid':
      return 'uuid(r)'
    default:
      return `r.${type.kind}()`
  }
}

function readArray(source: Source, { compact, nullable, item, itemSize, itemWeight }: ArrayType, path: string): string {
  return source.add(path, 'r', [
    `const length = ${compact ? 'r.uvarint() - 1' : 'r.int32()'}`,
    nullable ? 'if (length < 0) return null' : `required(length, ${quote(path)})`,
    `const items = []`,
    `for (let left = count(r, length, ${itemSize}, ${itemWeight}); left > 0; left--) items.push(${readValue(source, item, path)})`,
    'return items',
  ])
}

function writeStruct(source: Source, plan: Plan): string {
  const body: string[] = []
  for (const { name, place, type, path, initial, ignorable } of plan.members) {
    if (place === 'wire')
      body.push(`{ let x = v.${name}; if (x === undefined) x = ${literal(initial)}`, writeValue(source, type, path), '}')
    else if (place === 'absent' && !ignorable) {
      body.push(`if (${differs(source, `v.${name}`, initial)}) throw unsupported(${quote(path)}, ${plan.version})`)
    }
  }
  if (plan.flexible) body.push(...(plan.tagged.length === 0 ? ['w.uvarint(0)'] : writeTagged(source, plan.tagged)))
  return source.add(plan.path, 'w, v', body)
}

function writeTagged(source: Source, tagged: readonly Member[]): string[] {
  const questions = tagged.map(({ name, tag, initial }) => `const said${tag} = ${differs(source, `v.${name}`, initial)}`)
  const sum = tagged.map(({ tag }) => `(said${tag} ? 1 : 0)`).join(' + ')
  const writes = tagged.map(({ name, tag, type, path }) => {
    const write = source.add(path, 'w, x', [writeValue(source, type, path)])
    return `if (said${tag}) writeTagged(w, ${tag}, (inner) => ${write}(inner, v.${name}))`
  })
  return [...questions, `w.uvarint(${sum})`, ...writes]
}

/** A condition that is true when the value says something. */
function differs(source: Source, value: string, initial: unknown): string {
  if (typeof initial !== 'object' || initial === null) return `${value} !== undefined && ${value} !== ${literal(initial)}`
  return `${value} !== undefined && !isInitial(${value}, ${source.constant(initial)})`
}

/** A statement that writes `x`. */
function writeValue(source: Source, type: Type, path: string): string {
  switch (type.kind) {
    case 'string':
      return orNull(type, `writeNoText(w, ${type.compact})`, `writeText(w, x, ${type.compact}, ${quote(path)})`)
    case 'bytes':
    case 'records':
      return orNull(type, `writeNone(w, ${type.compact})`, `writeBytes(w, x, ${type.compact}, ${quote(path)})`)
    case 'array': {
      const write = source.add(path, 'w, items', [
        `writeCount(w, items, ${type.compact}, ${quote(path)})`,
        `for (let i = 0; i < items.length; i++) { const x = items[i]`,
        writeValue(source, type.item, path),
        '}',
      ])
      return orNull(type, `writeNone(w, ${type.compact})`, `${write}(w, x)`)
    }
    case 'struct': {
      const write = `${writeStruct(source, type.plan)}(w, x)`
      return type.nullable
        ? `writePresence(w, x !== null, ${type.isTagged}); if (x !== null) ${write}`
        : `if (x === null) throw missing(${quote(path)}); ${write}`
    }
    case 'uuid':
      return 'writeUuid(w, x)'
    default:
      return `w.${type.kind}(x)`
  }
}

function orNull({ nullable }: { nullable: boolean }, none: string, write: string): string {
  return nullable ? `if (x === null) ${none}; else ${write}` : write
}

/** The source of an initial value; every evaluation gives a fresh one. */
function literal(initial: unknown): string {
  if (typeof initial === 'bigint') return `${initial}n`
  if (initial instanceof Uint8Array) return 'new Uint8Array(0)'
  if (Array.isArray(initial)) return '[]'
  if (typeof initial !== 'object' || initial === null) return JSON.stringify(initial)
  return `{ ${Object.entries(initial)
    .map(([name, value]) => `${name}: ${literal(value)}`)
    .join(', ')} }`
}
