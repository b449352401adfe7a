// Property tests with one seed, so that a run says the same twice. `ODRADEK_SEED=random npm test` looks elsewhere; a failure prints its own.

import fc from 'fast-check'

const FIXED_SEED = 20_260_101
const asked = process.env['ODRADEK_SEED']

if (asked !== 'random')
  fc.configureGlobal({ ...fc.readConfigureGlobal(), seed: asked === undefined ? FIXED_SEED : Number(asked) })

export default fc
