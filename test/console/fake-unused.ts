/** Calls that the console makes of no mesh, or that the fake one does not answer. */
import { MeshError } from '../../src/base/errors.ts'

const unused = () => Promise.reject(new MeshError('unsupported', 'the fake mesh does not do this'))

export const fakeUnused = {
  ...{ propose: unused, send: unused, broadcast: unused, request: unused, gather: unused, submit: unused, map: unused },
  ...{ aggregate: unused, connect: unused, cut: unused },
  gossip: {
    ...{ settings: unused, configure: unused, rumour: unused, rumours: unused, aggregate: unused, withdraw: unused },
    onRumour: () => () => {},
  },
}
