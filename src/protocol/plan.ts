// What one version of a message looks like on the wire, in order. This is the only code that looks at version ranges; interpreting and compiling
// start from a plan. A schema names every struct inside it, so a plan is a finite tree and its depth bounds every recursion.

import { inRange, parseRange } from '../base/ranges.ts'
import type { AnyMessage, Field, Primitive, Shape } from './schema.ts'

export type Type =
  | { readonly kind: Primitive }
  | { readonly kind: 'string' | 'bytes' | 'records'; readonly compact: boolean; readonly nullable: boolean }
  | ArrayType
  | StructType

export interface ArrayType {
  readonly kind: 'array'
  readonly compact: boolean
  readonly nullable: boolean
  readonly item: Type
  /** The least number of bytes that an item takes. */
  readonly itemSize: number
  /** How much an item counts against the bound on what one message may hold. */
  readonly itemWeight: number
}

export interface StructType {
  readonly kind: 'struct'
  readonly nullable: boolean
  /** Where a struct may be null, a tagged one begins with a variable-length 0 or 1, any other with the byte -1 or 1. */
  readonly isTagged: boolean
  readonly plan: Plan
}

export interface Member {
  readonly name: string
  /** For error messages: "FetchRequest.topics.partitions". */
  readonly path: string
  readonly type: Type
  readonly initial: unknown
  /** `absent` ones are not part of this version: they read as their initial value. */
  readonly place: 'wire' | 'tagged' | 'absent'
  readonly tag: number
  readonly ignorable: boolean
}

export interface Plan {
  readonly path: string
  readonly version: number
  readonly flexible: boolean
  /** All fields of the schema, in its order, so that values of all versions have one form. */
  readonly members: readonly Member[]
  /** Those that are tagged in this version, by ascending tag. */
  readonly tagged: readonly Member[]
  /** No value takes fewer bytes. */
  readonly leastSize: number
}

/** The plan of one version. A version that the message does not have is a mistake of the caller (RangeError). */
export function planOf(message: AnyMessage, version: number): Plan {
  const { min, max } = parseRange(message.versions)
  if (version < min || version > max) throw new RangeError(`${message.name} has versions ${message.versions}, not ${version}`)
  return planShape(message.fields, message.name, version, inRange(parseRange(message.flexible), version))
}

/** The versions of a message, both ends inclusive. */
export function versionsOf(message: AnyMessage): { readonly min: number; readonly max: number } {
  return parseRange(message.versions)
}

function planShape(shape: Shape, path: string, version: number, flexible: boolean): Plan {
  const members = Object.entries(shape).map(([name, field]) => planMember(name, field, `${path}.${name}`, version, flexible))
  const tagged = members.filter(({ place }) => place === 'tagged').sort((a, b) => a.tag - b.tag)
  const sizes = members.map(({ place, type }) => (place === 'wire' ? leastSizeOf(type) : 0))
  return { path, version, flexible, members, tagged, leastSize: sizes.reduce((sum, size) => sum + size, flexible ? 1 : 0) }
}

function planMember(name: string, field: Field<unknown>, path: string, version: number, flexible: boolean): Member {
  const present = field.versions === undefined || inRange(parseRange(field.versions), version)
  const place = !present ? 'absent' : field.tag === undefined ? 'wire' : 'tagged'
  const type = planType(field, path, version, flexible)
  return { name, path, type, initial: field.initial, place, tag: field.tag ?? -1, ignorable: field.ignorable === true }
}

function planType(field: Field<unknown>, path: string, version: number, flexible: boolean): Type {
  const nullable = field.nullable !== undefined && inRange(parseRange(field.nullable), version)
  const compact = flexible && field.classic !== true
  switch (field.kind) {
    case 'string':
    case 'bytes':
    case 'records':
      return { kind: field.kind, compact, nullable }
    case 'array': {
      const item = planType(field.item!, path, version, flexible)
      // An item takes at least one byte: Kafka refuses longer arrays too, even of structs that are empty in their version.
      const itemSize = Math.max(1, leastSizeOf(item))
      return { kind: 'array', compact, nullable, item, itemSize, itemWeight: weightOf(item) }
    }
    case 'struct':
      return {
        kind: 'struct',
        nullable,
        isTagged: field.tag !== undefined,
        plan: planShape(field.fields!, path, version, flexible),
      }
    default:
      return { kind: field.kind }
  }
}

/** Numbers lie in the array itself; everything else is an object of its own. */
const weightOf = ({ kind }: Type) => (kind in SIZES && kind !== 'uuid' ? 1 : 4)

/** The bytes that primitives take. */
export const SIZES: Readonly<Record<Primitive, number>> = {
  bool: 1,
  int8: 1,
  int16: 2,
  uint16: 2,
  int32: 4,
  uint32: 4,
  int64: 8,
  exactInt64: 8,
  float64: 8,
  uuid: 16,
}

function leastSizeOf(type: Type): number {
  switch (type.kind) {
    case 'string':
      return type.compact ? 1 : 2
    case 'bytes':
    case 'records':
    case 'array':
      return type.compact ? 1 : 4
    case 'struct':
      return type.nullable ? 1 : type.plan.leastSize
    default:
      return SIZES[type.kind]
  }
}
