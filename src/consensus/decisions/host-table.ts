/**
 * Who hosts which member: signed by the member's own key, so that nobody else can speak for it, and with its epoch, so that the
 * later of two hosts counts (DESIGN, section 6).
 *
 * Invariants
 * H1  A member's host is what its own key signed, with the highest epoch seen; of two with one epoch the first.
 * H2  Records of another generation are not kept.
 */
import * as v from 'valibot'
import type { PeerId, SessionId } from '../../base/ids.ts'
import { openRecord, type Signed, type Signer, signRecord } from '../../mesh/signed.ts'
import { ID_LENGTH_MAX } from '../raft/limits.ts'
import type { MemberId } from '../raft/messages.ts'
import { hostRecordsMax } from './limits.ts'

const id = v.pipe(v.string(), v.minLength(1), v.maxLength(ID_LENGTH_MAX))
const hostSchema = v.strictObject({
  generation: id,
  epoch: v.pipe(v.number(), v.safeInteger(), v.minValue(1)),
  peer: v.pipe(
    id,
    v.transform(text => text as PeerId),
  ),
  session: v.pipe(
    id,
    v.transform(text => text as SessionId),
  ),
})

export interface HostRecord {
  readonly member: MemberId
  readonly generation: string
  readonly epoch: number
  readonly peer: PeerId
  readonly session: SessionId
  readonly signed: Signed
}

export async function signHost(
  signer: Signer,
  host: Pick<HostRecord, 'generation' | 'epoch' | 'peer' | 'session'>,
): Promise<HostRecord> {
  const { generation, epoch, peer, session } = host
  const signed = await signRecord(signer, 'host', { generation, epoch, peer, session })
  return { generation, epoch, peer, session, member: memberOf(signer.id), signed }
}

/** A member's id is the id of its key. */
export function memberOf(signer: PeerId): MemberId {
  return signer as string as MemberId
}

export class HostTable {
  readonly #records = new Map<MemberId, HostRecord>()
  #generation: string | undefined

  /** From now on only this generation counts. */
  reset(generation: string | undefined): void {
    if (this.#generation === generation) return
    this.#generation = generation
    this.#records.clear()
  }

  get(member: MemberId): HostRecord | undefined {
    return this.#records.get(member)
  }

  get records(): readonly HostRecord[] {
    return [...this.#records.values()]
  }

  hostedBy(session: SessionId): HostRecord[] {
    return this.records.filter(record => record.session === session)
  }

  forget(member: MemberId): void {
    this.#records.delete(member)
  }

  /** Our own, or one that was verified. True where it is news. */
  add(record: HostRecord): boolean {
    if (record.generation !== this.#generation) return false
    const known = this.#records.get(record.member)
    if (known && known.epoch >= record.epoch) return false
    if (!known && this.#records.size >= hostRecordsMax) return false
    this.#records.delete(record.member)
    this.#records.set(record.member, record)
    return true
  }

  /** Checks a record from outside. Returns it where it is news, `false` where it is none, undefined where it is forged or malformed. */
  async receive(signed: unknown): Promise<HostRecord | false | undefined> {
    const claimed = signed as Partial<Signed> | undefined
    const known = this.#records.get(claimed?.by as MemberId)
    if (known && known.signed.signature === claimed?.signature && known.signed.json === claimed.json) return false
    const opened = await openRecord(signed, 'host', hostSchema)
    if (!opened) return undefined
    const record = { ...opened.content, member: memberOf(opened.by), signed: signed as Signed }
    return this.add(record) && record
  }
}
