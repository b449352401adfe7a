// npm start: sets up, builds, and runs `odradek start` in this process with the flags that came after `--`.

import { build } from './build.mjs'
import { fail, setUp } from './setup.mjs'

setUp()
if (!(await build())) fail('The sources do not compile (see above).')
const { main } = await import('../dist/cli/launcher.js')
await main(['start', ...process.argv.slice(2)])
