/** Decisions that nobody makes: every call fails, nothing changes. */
import { MeshError } from '../../src/base/errors.ts'
import type { MeshHandle } from '../../src/engine/handle.ts'

const unused = () => Promise.reject(new MeshError('unsupported', 'the fake mesh decides nothing'))

export const fakeDecisions: MeshHandle['decisions'] = {
  get: unused,
  set: unused,
  delete: unused,
  compareAndSet: unused,
  list: unused,
  propose: unused,
  watch: () => () => {},
  stepDown: unused,
  verifyQuorum: unused,
  continueFromHere: unused,
  joinOther: unused,
}
