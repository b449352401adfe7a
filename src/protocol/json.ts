// Messages as Kafka's own tools write them in JSON: fields in the order of the schema and under its names, bytes in base64, and tagged fields only where
// they hold something else than their initial value.

import { type Member, type Plan, planOf, type Type } from './plan.ts'
import type { Message } from './schema.ts'

/** One line without blanks. Whole numbers of 64 bits are written with all their digits. */
export function messageJson<T>(message: Message<T>, version: number, value: T): string {
  return structJson(planOf(message, version), value as Struct)
}

type Struct = Readonly<Record<string, unknown>>

function structJson({ members }: Plan, value: Struct): string {
  const texts = members.flatMap((member) => {
    const text = memberJson(member, value[member.name])
    return text === null ? [] : [`${JSON.stringify(member.name)}:${text}`]
  })
  return `{${texts.join(',')}}`
}

/** Null where the field is left out. */
function memberJson({ type, place, initial }: Member, value: unknown): string | null {
  if (place === 'absent') return null
  const text = valueJson(type, value)
  return place === 'tagged' && text === valueJson(type, initial) ? null : text
}

function valueJson(type: Type, value: unknown): string {
  if (value === null) return 'null'
  switch (type.kind) {
    case 'array':
      return `[${(value as readonly unknown[]).map((item) => valueJson(type.item, item)).join(',')}]`
    case 'struct':
      return structJson(type.plan, value as Struct)
    case 'bytes':
    case 'records': {
      const { buffer, byteOffset, byteLength } = value as Uint8Array
      return `"${Buffer.from(buffer, byteOffset, byteLength).toString('base64')}"`
    }
    case 'exactInt64':
      return String(value)
    default:
      return JSON.stringify(value)
  }
}
