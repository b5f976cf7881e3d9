import type { MeshPeer } from '../mesh/mesh.ts'
import type { Work } from './work-port.ts'
export function createBrowserWork(_mesh: MeshPeer, _onChange: () => void): Work {
  const no = () => Promise.reject(new Error('not yet'))
  return { jobs: [], startJob: no, cancelJob: no, retryJob: no, jobResult: no, submit: no, close() {} }
}
