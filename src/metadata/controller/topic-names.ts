// Which names a topic may have.

import { KafkaError } from '../../protocol/errors.ts'
import type { MetadataImage } from '../image.ts'

export const METADATA_TOPIC = '__cluster_metadata'

const LEGAL = /^[a-zA-Z0-9._-]+$/
const MAX_LENGTH = 249

/** Throws INVALID_TOPIC_EXCEPTION for a name that no topic can have. */
export function requireLegalName(name: string): void {
  const why = whyIllegal(name)
  if (why) throw new KafkaError('INVALID_TOPIC_EXCEPTION', `Topic name is invalid: ${why}`)
}

export function isLegalName(name: string): boolean {
  return whyIllegal(name) === null
}

/** Null for a legal name: names become directories, so they are short and plain. */
function whyIllegal(name: string): string | null {
  if (name === '') return 'it is empty'
  if (name === '.' || name === '..') return `"${name}" is a directory of its own`
  if (name.length > MAX_LENGTH) return `it has ${name.length} characters; at most ${MAX_LENGTH} are allowed`
  if (!LEGAL.test(name)) return `"${name}" has characters other than ASCII letters, digits, ".", "_" and "-"`
  return null
}

/** Throws where a name exists already, or differs from another one only in "." and "_", which become one letter in metric names. */
export function requireFreeName(image: MetadataImage, name: string): void {
  if (image.topic(name)) throw new KafkaError('TOPIC_ALREADY_EXISTS', `Topic '${name}' already exists.`)
  const other = image.topicLike(name)
  if (other === undefined) return
  throw new KafkaError('INVALID_TOPIC_EXCEPTION', `Topic '${name}' collides with the existing topic '${other}' in metric names`)
}
