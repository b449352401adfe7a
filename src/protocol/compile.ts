// Prints a plan as straight-line JavaScript: one small function per struct and array, which the engine can optimise on its own. The text is made
// of names and numbers of our own schemas only, never of anything that came over the wire. What reads or writes step by step is a second print,
// in which arrays are generators: slower in all, and it may be left between two items.

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

/** As `compileRead`, in steps. */
export function compileReadSteps(plan: Plan): Codec<unknown>['readSteps'] {
  const source = new Source()
  return source.evaluate(readStructSteps(source, plan)) as Codec<unknown>['readSteps']
}

/** As `compileWrite`, in steps. */
export function compileWriteSteps(plan: Plan): Codec<unknown>['writeSteps'] {
  const source = new Source()
  return source.evaluate(writeStructSteps(source, plan)) as Codec<unknown>['writeSteps']
}

/** Lists of so many items that hold no lists themselves are not worth a generator each. */
const SHORT = 32

class Source {
  readonly #functions: string[] = []
  readonly #constants: unknown[] = []

  /** Adds a function and gives its name, by which profiles and stacks show the place in the message. */
  add(path: string, parameters: string, body: readonly string[], keyword: 'function' | 'function*' = 'function'): string {
    const name = `${path.replaceAll('.', '_')}_${this.#functions.length}`
    this.#functions.push(`${keyword} ${name}(${parameters}) {\n${body.join('\n')}\n}`)
    return name
  }

  /** The name of a value that the code may look at. */
  constant(value: unknown): string {
    return `c[${this.#constants.push(value) - 1}]`
  }

  evaluate(root: string): unknown {
    return new Function('c', ...NAMES, `'use strict'\nlet n = 0\n${this.#functions.join('\n')}\nreturn ${root}`)(
      this.#constants,
      ...VALUES,
    )
  }
}

const quote = (path: string) => JSON.stringify(path)

/** How the value of a field is read: `readValue`, or the one in steps. */
type Reads = (source: Source, type: Type, path: string) => string

function readStruct(source: Source, plan: Plan): string {
  return source.add(plan.path, 'r', [...structBody(source, plan, readValue), 'return value'])
}

function readStructSteps(source: Source, plan: Plan): string {
  return source.add(plan.path, 'r', [...structBody(source, plan, readValueSteps), 'return value'], 'function*')
}

/** Statements that read the struct into `value`. */
function structBody(source: Source, plan: Plan, reads: Reads): string[] {
  const fields = plan.members.map((member) => {
    const { name, place, type, path, initial } = member
    return `  ${name}: ${place === 'wire' ? reads(source, type, path) : literal(initial)},`
  })
  const body = ['const value = {', ...fields, '}']
  if (plan.flexible) body.push(...(plan.tagged.length === 0 ? ['skipTags(r)'] : readTagged(source, plan.tagged, reads)))
  return body
}

// The size of a tag that we know is not looked at, as in Kafka: the value tells its own end.
function readTagged(source: Source, tagged: readonly Member[], reads: Reads): string[] {
  const cases = tagged.map(({ name, tag, type, path }) => `    case ${tag}: value.${name} = ${reads(source, type, path)}; break`)
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

function readArray(source: Source, type: ArrayType, path: string): string {
  return source.add(path, 'r', [
    `const length = ${lengthOf(type)}`,
    type.nullable ? 'if (length < 0) return null' : `required(length, ${quote(path)})`,
    ...readItems(type, [`items.push(${readValue(source, type.item, path)})`]),
  ])
}

const lengthOf = ({ compact }: ArrayType) => (compact ? 'r.uvarint() - 1' : 'r.int32()')

/** Statements that read `length` items; `one` reads the next. */
function readItems({ itemSize, itemWeight }: ArrayType, one: readonly string[]): string[] {
  return [
    'const items = []',
    `for (let left = count(r, length, ${itemSize}, ${itemWeight}); left > 0; left--) {`,
    ...one,
    '}',
    'return items',
  ]
}

/** An expression that reads the value, inside of a generator. */
function readValueSteps(source: Source, type: Type, path: string): string {
  if (!hasArrays(type)) return readValue(source, type, path)
  if (type.kind === 'array') return readArraySteps(source, type, path)
  const { nullable, isTagged, plan } = type as Type & { kind: 'struct' }
  const read = `yield* ${readStructSteps(source, plan)}(r)`
  return nullable ? `(isNull(r, ${isTagged}) ? null : ${read})` : `(${read})`
}

function readArraySteps(source: Source, type: ArrayType, path: string): string {
  const { item, nullable } = type
  const length = source.add(path, 'r', [
    `const length = ${lengthOf(type)}`,
    `return ${nullable ? 'length' : `required(length, ${quote(path)})`}`,
  ])
  const none = nullable ? ['if (length < 0) return null'] : []
  const one =
    item.kind === 'struct' && !item.nullable
      ? [...structBody(source, item.plan, readValueSteps), 'items.push(value)']
      : [`items.push(${readValueSteps(source, item, path)})`]
  const long = source.add(path, 'r, length', [...none, ...readItems(type, [...one, 'if (isStepOver()) yield'])], 'function*')
  if (hasArrays(item)) return `(yield* ${long}(r, ${length}(r)))`
  const short = source.add(path, 'r, length', [...none, ...readItems(type, [`items.push(${readValue(source, item, path)})`])])
  return `((n = ${length}(r)) > ${SHORT} ? yield* ${long}(r, n) : ${short}(r, n))`
}

/** Whether a value of this type may be long. */
function hasArrays(type: Type): boolean {
  if (type.kind === 'array') return true
  return type.kind === 'struct' && type.plan.members.some(({ place, type: inner }) => place !== 'absent' && hasArrays(inner))
}

/** How `x` is written: `writeValue`, or the one in steps. */
type Writes = (source: Source, type: Type, path: string) => string

function writeStruct(source: Source, plan: Plan): string {
  return source.add(plan.path, 'w, v', writeFields(source, plan, writeValue))
}

function writeStructSteps(source: Source, plan: Plan): string {
  return source.add(plan.path, 'w, v', writeFields(source, plan, writeValueSteps), 'function*')
}

/** Statements that write the fields of the struct `v`. */
function writeFields(source: Source, plan: Plan, writes: Writes): string[] {
  const body: string[] = []
  for (const { name, place, type, path, initial, ignorable } of plan.members) {
    if (place === 'wire')
      body.push(`{ let x = v.${name}; if (x === undefined) x = ${literal(initial)}`, writes(source, type, path), '}')
    else if (place === 'absent' && !ignorable) {
      body.push(`if (${differs(source, `v.${name}`, initial)}) throw unsupported(${quote(path)}, ${plan.version})`)
    }
  }
  if (plan.flexible) body.push(...(plan.tagged.length === 0 ? ['w.uvarint(0)'] : writeTagged(source, plan.tagged)))
  return body
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
      const write = source.add(path, 'w, items', writeItems(type.compact, path, [writeValue(source, type.item, path)]))
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

/** As `writeValue`, inside of a generator. What is tagged goes in one piece: its size stands before it. */
function writeValueSteps(source: Source, type: Type, path: string): string {
  if (!hasArrays(type)) return writeValue(source, type, path)
  if (type.kind === 'array') return orNull(type, `writeNone(w, ${type.compact})`, writeArraySteps(source, type, path))
  const { nullable, isTagged, plan } = type as Type & { kind: 'struct' }
  const write = `yield* ${writeStructSteps(source, plan)}(w, x)`
  return nullable
    ? `writePresence(w, x !== null, ${isTagged}); if (x !== null) ${write}`
    : `if (x === null) throw missing(${quote(path)}); ${write}`
}

function writeArraySteps(source: Source, type: ArrayType, path: string): string {
  const { item, compact } = type
  const one =
    item.kind === 'struct' && !item.nullable
      ? [
          `if (x === null) throw missing(${quote(path)})`,
          '{ const v = x',
          ...writeFields(source, item.plan, writeValueSteps),
          '}',
        ]
      : [writeValueSteps(source, item, path)]
  const long = source.add(path, 'w, items', writeItems(compact, path, [...one, 'if (isStepOver()) yield']), 'function*')
  if (hasArrays(item)) return `yield* ${long}(w, x)`
  const short = source.add(path, 'w, items', writeItems(compact, path, [writeValue(source, item, path)]))
  return `{ if (x?.length > ${SHORT}) yield* ${long}(w, x); else ${short}(w, x) }`
}

/** Statements that write `items`; `one` writes `x`. */
function writeItems(compact: boolean, path: string, one: readonly string[]): string[] {
  return [
    `writeCount(w, items, ${compact}, ${quote(path)})`,
    'for (let i = 0; i < items.length; i++) { const x = items[i]',
    ...one,
    '}',
  ]
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
