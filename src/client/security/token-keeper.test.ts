import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ManualClock } from '../../../test/support/manual-clock.ts'
import { SaslRefused } from '../../net/sasl/mechanism.ts'
import { Lifetime } from '../patience.ts'
import type { AccessToken } from './token-endpoint.ts'
import { TokenKeeper, type TokenKeeperOptions } from './token-keeper.ts'

const HOUR_MS = 3_600_000
const options: TokenKeeperOptions['options'] = {
  saslLoginRetryBackoffMs: 100,
  saslLoginRetryBackoffMaxMs: 10_000,
  saslLoginRefreshWindowFactor: 0.8,
  saslLoginRefreshWindowJitter: 0.05,
  saslLoginRefreshMinPeriodSeconds: 60,
  saslLoginRefreshBufferSeconds: 300,
}

/** A keeper whose endpoint gives t1, t2, ... for so long, or throws what `answer` throws. */
function scene(answer: (at: number, asked: number) => Partial<AccessToken> = () => ({ lifetimeMs: HOUR_MS })) {
  const clock = new ManualClock()
  const lifetime = new Lifetime()
  const asked: number[] = []
  const begin = clock.now()
  const keeper = new TokenKeeper({
    clock,
    random: { next: () => 0.5, bytes: (length) => new Uint8Array(length) },
    lifetime,
    options,
    ask: async () => {
      asked.push(clock.now() - begin)
      return { value: `t${asked.length}`, lifetimeMs: null, expiresAt: null, ...answer(clock.now(), asked.length) }
    },
  })
  return { clock, keeper, lifetime, asked, begin }
}

test('one token serves all logins until its share of the lifetime is over', async () => {
  const { keeper, clock, asked } = scene()
  assert.deepEqual(await Promise.all([keeper.token(), keeper.token(), keeper.token()]), ['t1', 't1', 't1'])
  await clock.advance(0.824 * HOUR_MS)
  assert.equal(await keeper.token(), 't1')
  await clock.advance(0.002 * HOUR_MS)
  assert.equal(await keeper.token(), 't2')
  assert.equal(asked.length, 2)
})

test('a token is given up a while before its end, where it lasts long enough for that', async () => {
  const lasting = (ms: number) => scene(() => ({ lifetimeMs: ms }))
  for (const [lifetimeMs, renewedAfterMs] of [
    [1_000_000, 700_000], // 300 s before its end, and not at 825 s
    [360_000, 60_000],
    [359_000, 0.825 * 359_000], // too short for both: the share alone
  ] as const) {
    const { keeper, clock } = lasting(lifetimeMs)
    await keeper.token()
    await clock.advance(renewedAfterMs - 1)
    assert.equal(await keeper.token(), 't1', `${lifetimeMs}`)
    await clock.advance(2)
    assert.equal(await keeper.token(), 't2', `${lifetimeMs}`)
  }
})

test('how long it lasts is told by the answer and by the token; where nobody says, it serves once', async () => {
  const wrongClock = scene((at) => ({ lifetimeMs: HOUR_MS, expiresAt: at - HOUR_MS }))
  await wrongClock.keeper.token()
  await wrongClock.clock.advance(HOUR_MS / 2)
  assert.equal(await wrongClock.keeper.token(), 't1')
  const earlier = scene((at) => ({ lifetimeMs: HOUR_MS, expiresAt: at + HOUR_MS / 2 }))
  await earlier.keeper.token()
  await earlier.clock.advance(HOUR_MS / 2)
  assert.equal(await earlier.keeper.token(), 't2')
  const claimed = scene((at) => ({ expiresAt: at + HOUR_MS }))
  await claimed.keeper.token()
  await claimed.clock.advance(HOUR_MS / 2)
  assert.equal(await claimed.keeper.token(), 't1')
  const silent = scene(() => ({}))
  assert.deepEqual([await silent.keeper.token(), await silent.keeper.token()], ['t1', 't2'])
  const over = scene((at) => ({ expiresAt: at - 1 }))
  const refused = assert.rejects(over.keeper.token(), /has run out already: look at the clocks/)
  await over.clock.advance(11_000)
  await refused
})

test('what fails is tried again with growing pauses, for as long as it may', async () => {
  const passing = scene((_, asked) => {
    if (asked < 4) throw new Error('busy')
    return { lifetimeMs: HOUR_MS }
  })
  const token = passing.keeper.token()
  await passing.clock.advance(2000)
  assert.equal(await token, 't4')
  assert.deepEqual(passing.asked, [0, 100, 300, 700])

  const busy = scene(() => {
    throw new Error('busy')
  })
  const refused = assert.rejects(busy.keeper.token(), /^Error: busy$/)
  await busy.clock.advance(20_000)
  await refused
  assert.ok(busy.asked.at(-1)! <= 10_000 && busy.asked.length === 7, String(busy.asked))
})

test('what was refused is not asked again', async () => {
  const { keeper, asked } = scene(() => {
    throw new SaslRefused('invalid_client')
  })
  await assert.rejects(keeper.token(), /invalid_client/)
  assert.equal(asked.length, 1)
})

test('the token before serves on where no new one can be had, until its end', async () => {
  const { keeper, clock, asked } = scene((_, number) => {
    if (number > 1) throw new Error('down')
    return { lifetimeMs: HOUR_MS }
  })
  await keeper.token()
  await clock.advance(0.9 * HOUR_MS)
  assert.deepEqual([await keeper.token(), await keeper.token()], ['t1', 't1'])
  assert.equal(asked.length, 2, 'it is not asked again at once')
  await clock.advance(10_001)
  assert.equal(await keeper.token(), 't1')
  assert.equal(asked.length, 3)
  await clock.advance(0.1 * HOUR_MS)
  const refused = assert.rejects(keeper.token(), /down/)
  await clock.advance(11_000)
  await refused
})

test('the end of the client ends the wait', async () => {
  const { keeper, lifetime, clock } = scene(() => {
    throw new Error('busy')
  })
  const refused = assert.rejects(keeper.token(), /the client is closed/)
  await clock.advance(150)
  lifetime.end()
  await refused
})
