// Records out of lines, for kafka-console-producer: value, or key and value, with headers before them where properties say so.

import type { ProducerRecord } from '../../../client/producer/record.ts'
import { Failure } from '../failure.ts'

type LineRecord = ProducerRecord<Uint8Array | null, Uint8Array | null>

/** Reads one line after the other; throws a Failure that tells the number of a line that cannot be read. */
export type ReadLine = (line: string) => LineRecord

/** A Failure where the marks cannot be told from each other. */
export function lineReader(topic: string, properties: ReadonlyMap<string, string>): ReadLine {
  const isSet = (name: string) => properties.get(name)?.trim().toLowerCase() === 'true'
  const marks = {
    'headers.delimiter': properties.get('headers.delimiter') ?? '\t',
    'headers.separator': properties.get('headers.separator') ?? ',',
    'headers.key.separator': properties.get('headers.key.separator') ?? ':',
    'key.separator': properties.get('key.separator') ?? '\t',
  }
  const nullMarker = properties.get('null.marker')
  checkMarks(marks, nullMarker)
  const [parsesKey, parsesHeaders, ignoresErrors] = [isSet('parse.key'), isSet('parse.headers'), isSet('ignore.error')]
  const separator = separatorOf(marks['headers.separator'])
  let lineNumber = 0

  const bytesOf = (text: string) => (text === nullMarker ? null : Buffer.from(text))
  const part = (line: string, from: number, mark: string, name: string): string | null => {
    const at = line.indexOf(mark, from)
    if (at >= 0) return line.slice(from, at)
    if (ignoresErrors) return null
    throw new Failure(`No ${name} found on line number ${lineNumber}: '${line}'`)
  }
  const header = (pair: string) => {
    const mark = marks['headers.key.separator']
    const at = pair.indexOf(mark)
    if (at < 0) {
      if (ignoresErrors) return { key: pair, value: null }
      throw new Failure(`No header key separator found in pair '${pair}' on line number ${lineNumber}`)
    }
    const key = pair.slice(0, at)
    if (key === nullMarker) {
      throw new Failure(`Header keys should not be equal to the null marker '${nullMarker}' as they can't be null`)
    }
    return { key, value: bytesOf(pair.slice(at + mark.length)) }
  }

  return (line) => {
    lineNumber++
    const headers = parsesHeaders ? part(line, 0, marks['headers.delimiter'], 'headers delimiter') : null
    const keyAt = headers === null ? 0 : headers.length + marks['headers.delimiter'].length
    const key = parsesKey ? part(line, keyAt, marks['key.separator'], 'key separator') : null
    const valueAt = keyAt + (key === null ? 0 : key.length + marks['key.separator'].length)
    const pairs = headers === null || headers === nullMarker ? [] : pieces(headers, separator)
    return {
      topic,
      key: key === null ? null : bytesOf(key),
      value: bytesOf(line.slice(valueAt)),
      ...(pairs.length > 0 ? { headers: pairs.map(header) } : {}),
    }
  }
}

const differing = [
  ['headers.delimiter', 'headers.separator'],
  ['headers.delimiter', 'headers.key.separator'],
  ['headers.separator', 'headers.key.separator'],
] as const

function checkMarks(marks: Readonly<Record<string, string>>, nullMarker: string | undefined): void {
  for (const [one, other] of differing) {
    if (marks[one] === marks[other]) throw new Failure(`${one} and ${other} may not be equal`)
  }
  for (const name of ['key.separator', 'headers.separator', 'headers.delimiter', 'headers.key.separator']) {
    if (marks[name] === nullMarker) throw new Failure(`null.marker and ${name} may not be equal`)
  }
}

/** A regular expression, as in Kafka. */
function separatorOf(text: string): RegExp {
  try {
    return new RegExp(text)
  } catch {
    throw new Failure(`headers.separator=${text} is no regular expression`)
  }
}

/** Empty pieces at the end do not count. */
function pieces(text: string, separator: RegExp): string[] {
  const found = text.split(separator)
  while (found.length > 1 && found.at(-1) === '') found.pop()
  return found
}
