/** Peers and members as people know them: by the names of tabs. */
import { MeshError } from '../base/errors.ts'
import type { PeerId } from '../base/ids.ts'
import type { MemberId, MemberView } from '../consensus/decisions/types.ts'
import { shortId } from './format.ts'
import type { CommandMesh } from './mesh.ts'

/** Letters of an id's end that are enough to mean it. */
const idEndCharsMin = 4

/** `Ada (this tab)`, `Bob`, or the end of an id that nobody here has a name for. */
export function peerName(mesh: CommandMesh, peer: PeerId | undefined): string {
  if (peer === undefined) return 'unknown'
  if (peer === mesh.id) return `${mesh.snapshot.self.name} (this tab)`
  return mesh.peers.find(({ id }) => id === peer)?.name ?? shortId(peer)
}

/** By name, by id, or by the end of an id. Throws `no-such-peer`, or `invalid-option` where several are meant. */
export function peerBy(mesh: CommandMesh, said: string): PeerId {
  const here = [{ id: mesh.id, name: mesh.snapshot.self.name }, ...mesh.peers]
  const wanted = said.replace(/^…/u, '')
  const byId = here.filter(({ id }) => id === wanted || (wanted.length >= idEndCharsMin && id.endsWith(wanted)))
  const found = byId.length > 0 ? byId : here.filter(({ name }) => name.toLowerCase() === wanted.toLowerCase())
  const [one, other] = found
  if (!one) throw new MeshError('no-such-peer', `Nobody here is called “${said}”`)
  if (other)
    throw new MeshError('invalid-option', `${found.length} peers are called “${said}”: say which by the end of its id`)
  return one.id
}

/** The voter that lives at a peer; or a member by the end of its own id. */
export function voterBy(mesh: CommandMesh, said: string): MemberView {
  const voters = (mesh.snapshot.decisions?.members ?? []).filter(({ seat }) => seat === 'voter')
  const wanted = said.replace(/^…/u, '')
  const named = voters.find(
    ({ member }) => member === wanted || (wanted.length >= idEndCharsMin && member.endsWith(wanted)),
  )
  if (named) return named
  const peer = peerBy(mesh, said)
  const voter = voters.find(({ host }) => host === peer)
  if (!voter) throw new MeshError('invalid-option', `${peerName(mesh, peer)} does not vote`)
  return voter
}

export function voterNames(mesh: CommandMesh): readonly string[] {
  const hosts = (mesh.snapshot.decisions?.members ?? []).filter(({ seat }) => seat === 'voter').map(({ host }) => host)
  return [...new Set(hosts)].flatMap(host => mesh.peers.find(({ id }) => id === host)?.name ?? [])
}

export function hostName(mesh: CommandMesh, member: MemberId): string {
  const host = mesh.snapshot.decisions?.members.find(one => one.member === member)?.host
  return host === undefined ? shortId(member) : peerName(mesh, host)
}
