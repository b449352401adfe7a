import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseDateTime, parseDuration } from './times.ts'

test('a time with and without a zone', () => {
  for (const [text, iso] of [
    ['1970-01-01T00:00:00.000', '1970-01-01T00:00:00.000Z'],
    ['2000-02-29T23:59:59.999Z', '2000-02-29T23:59:59.999Z'],
    ['2026-11-22T10:00:00.000+01:00', '2026-11-22T09:00:00.000Z'],
    ['2026-11-22T10:00:00.000-0530', '2026-11-22T15:30:00.000Z'],
    ['1969-12-31T23:00:00.000-02', '1970-01-01T01:00:00.000Z'],
    ['2100-03-01T00:00:00.000', '2100-03-01T00:00:00.000Z'],
  ]) {
    assert.equal(parseDateTime(text!), Date.parse(iso!), text)
  }
})

test('what is no time is told as Java tells it', () => {
  const says = (text: string, message: string) =>
    assert.throws(() => parseDateTime(text), { message: `java.text.ParseException: ${message}` })
  says('today', "Error parsing timestamp. It does not contain a 'T' according to ISO8601 format")
  says('2021-02-29T00:00:00.000', 'Unparseable date: "2021-02-29T00:00:00.000Z"')
  says('2021-02-28T24:00:00.000Z', 'Unparseable date: "2021-02-28T24:00:00.000Z"')
})

test('durations of days and shorter', () => {
  assert.equal(parseDuration('PT1H'), 3_600_000)
  assert.equal(parseDuration('P1DT2H3M4.5S'), 93_784_500)
  assert.equal(parseDuration('-pt1.25s'), -1250)
  for (const text of ['P', 'PT', '1H', 'P1W', 'P1M', 'PT1H ']) {
    assert.throws(() => parseDuration(text), { message: 'Text cannot be parsed to a Duration' }, text)
  }
})
