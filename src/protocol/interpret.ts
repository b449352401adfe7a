// Walks a plan value by value: slower than the compiled code, easy to believe. The measure for compile.ts, and what runs where making code from
// text is forbidden (node --disallow-code-generation-from-strings).

import type { ByteReader, ByteWriter } from '../base/bytes.ts'
import type { Codec } from './codec.ts'
import type { Member, Plan, Type } from './plan.ts'
import * as wire from './wire.ts'

type Value = Record<string, unknown>

export function interpret(plan: Plan): Codec<unknown> {
  const self: Codec<unknown> = {
    read(from) {
      wire.startReading()
      return readStruct(from, plan)
    },
    write: (to, value) => writeStruct(to, plan, value as Value),
    // biome-ignore lint/correctness/useYield: it is one step
    *readSteps(from) {
      return self.read(from)
    },
    // biome-ignore lint/correctness/useYield: it is one step
    *writeSteps(to, value) {
      self.write(to, value)
    },
  }
  return self
}

function readStruct(from: ByteReader, plan: Plan): Value {
  const value: Value = {}
  for (const { name, place, type, path, initial } of plan.members) {
    value[name] = place === 'wire' ? readValue(from, type, path) : structuredClone(initial)
  }
  if (plan.flexible) readTagged(from, plan, value)
  return value
}

function readTagged(from: ByteReader, plan: Plan, value: Value): void {
  for (let left = from.uvarint(); left > 0; left--) {
    const tag = from.uvarint()
    const size = from.uvarint()
    const member = plan.tagged.find((known) => known.tag === tag)
    if (!member) from.skip(size)
    // The size of a tag that we know is not looked at, as in Kafka: the value tells its own end.
    else value[member.name] = readValue(from, member.type, member.path)
  }
}

function readValue(from: ByteReader, type: Type, path: string): unknown {
  switch (type.kind) {
    case 'string': {
      const length = type.compact ? from.uvarint() - 1 : from.int16()
      return type.nullable ? wire.textOrNull(from, length) : wire.text(from, wire.required(length, path))
    }
    case 'bytes':
    case 'records': {
      const length = type.compact ? from.uvarint() - 1 : from.int32()
      return type.nullable ? wire.viewOrNull(from, length) : from.view(wire.required(length, path))
    }
    case 'array': {
      const length = type.compact ? from.uvarint() - 1 : from.int32()
      if (type.nullable && length < 0) return null
      const items: unknown[] = []
      const { item, itemSize, itemWeight } = type
      let left = wire.count(from, wire.required(length, path), itemSize, itemWeight)
      for (; left > 0; left--) items.push(readValue(from, item, path))
      return items
    }
    case 'struct':
      return type.nullable && wire.isNull(from, type.isTagged) ? null : readStruct(from, type.plan)
    case 'uuid':
      return wire.uuid(from)
    default:
      return from[type.kind]()
  }
}

function writeStruct(to: ByteWriter, plan: Plan, value: Value): void {
  for (const member of plan.members) {
    const { name, place, type, path, initial, ignorable } = member
    const given = value[name] === undefined ? initial : value[name]
    if (place === 'wire') writeValue(to, type, path, given)
    else if (place === 'absent' && !ignorable && !wire.isInitial(given, initial)) throw wire.unsupported(path, plan.version)
  }
  if (plan.flexible) writeTagged(to, plan.tagged, value)
}

function writeTagged(to: ByteWriter, tagged: readonly Member[], value: Value): void {
  const said = tagged.filter(({ name, initial }) => !wire.isInitial(value[name], initial))
  to.uvarint(said.length)
  for (const { name, tag, type, path } of said) wire.writeTagged(to, tag, (inner) => writeValue(inner, type, path, value[name]))
}

function writeValue(to: ByteWriter, type: Type, path: string, value: unknown): void {
  switch (type.kind) {
    case 'string':
      return value === null && type.nullable
        ? wire.writeNoText(to, type.compact)
        : wire.writeText(to, value as string, type.compact, path)
    case 'bytes':
    case 'records':
      return value === null && type.nullable
        ? wire.writeNone(to, type.compact)
        : wire.writeBytes(to, value as Uint8Array, type.compact, path)
    case 'array': {
      if (value === null && type.nullable) return wire.writeNone(to, type.compact)
      wire.writeCount(to, value as unknown[], type.compact, path)
      for (const item of value as unknown[]) writeValue(to, type.item, path, item)
      return
    }
    case 'struct': {
      if (value === null && !type.nullable) throw wire.missing(path)
      if (type.nullable) wire.writePresence(to, value !== null, type.isTagged)
      return value === null ? undefined : writeStruct(to, type.plan, value as Value)
    }
    case 'uuid':
      return wire.writeUuid(to, value as string)
    default:
      return (to[type.kind] as (value: unknown) => void).call(to, value)
  }
}
