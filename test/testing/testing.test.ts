// All of `odradek/testing` in one process: to load the whole house takes as long as most of these tests.

import { describe } from 'node:test'
import { faults } from './cases/faults.ts'
import { helpers } from './cases/helpers.ts'
import { lifecycle } from './cases/lifecycle.ts'

describe('helpers', helpers)
describe('faults', faults)
describe('lifecycle', lifecycle)
