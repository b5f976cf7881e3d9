/** Answers what other peers ask of the leader that this peer hosts, and its own client all the same. */
import * as v from 'valibot'
import { MeshError } from '../../base/errors.ts'
import type { Payload } from '../../base/json.ts'
import type { Mesh } from '../../mesh/types.ts'
import { NEW_SESSION } from '../raft/sessions.ts'
import type { Council } from './council.ts'
import { parseCommand, utf8Bytes } from './register/operations.ts'
import { type CommandAnswer, commandSchema, type ReadsAnswer, readSchema, topics } from './wire.ts'

export class Desk {
  readonly #mesh: Pick<Mesh, 'handle'>
  readonly #council: Council
  readonly #answers = new Map<string, (payload: unknown) => Promise<unknown>>()
  readonly #stops: (() => void)[] = []

  constructor(mesh: Pick<Mesh, 'handle'>, council: Council) {
    this.#mesh = mesh
    this.#council = council
    this.serve(topics.command, payload => this.command(payload))
    this.serve(topics.read, payload => this.read(payload))
  }

  serve(topic: string, answer: (payload: unknown) => Promise<unknown>): void {
    this.#answers.set(topic, answer)
    this.#stops.push(this.#mesh.handle(topic, async payload => (await answer(payload)) as Payload))
  }

  /** What this peer asks of the leader that lives here. */
  async answer(topic: string, payload: unknown): Promise<unknown> {
    return this.#answers.get(topic)?.(payload)
  }

  close(): void {
    for (const stop of this.#stops) stop()
  }

  async command(payload: unknown): Promise<CommandAnswer> {
    const parsed = v.safeParse(commandSchema, payload)
    if (!parsed.success) throw new MeshError('malformed', v.summarize(parsed.issues))
    const { generation, session, sequence, command } = parsed.output
    const leading = this.#council.leading
    if (!leading || leading.record.generation !== generation) return this.elsewhere('not-leader')
    const isRegistration = session === NEW_SESSION
    const checked = isRegistration ? null : parseCommand(command)
    if (checked instanceof MeshError) throw checked
    const bytes = isRegistration ? 1 : utf8Bytes(JSON.stringify(checked))
    const answer = await leading.driver.propose({ session, sequence, payload: checked, bytes })
    if (answer.kind === 'lost') return { kind: 'lost' }
    if (answer.kind === 'refused') return this.elsewhere(answer.reason)
    const { outcome, index, term } = answer
    return outcome ? { kind: 'done', outcome, index, term } : { kind: 'lost' }
  }

  async read(payload: unknown): Promise<ReadsAnswer> {
    const parsed = v.safeParse(readSchema, payload)
    if (!parsed.success) throw new MeshError('malformed', v.summarize(parsed.issues))
    const { generation, reads } = parsed.output
    const leading = this.#council.leading
    if (!leading || leading.record.generation !== generation) return this.elsewhere('not-leader')
    const answer = await leading.driver.read()
    if (answer.kind === 'refused') return this.elsewhere(answer.reason)
    const { register } = leading
    const values = reads.map(read => {
      if (read.kind === 'prefix') return register.list(read.prefix)
      const cell = register.read(read.key)
      return cell ? [cell] : []
    })
    return { kind: 'values', index: answer.index, values }
  }

  /** Who leads instead, as far as this peer knows. */
  elsewhere(reason: string): Extract<CommandAnswer, { kind: 'elsewhere' }> {
    const leader = this.#council.leader
    return { kind: 'elsewhere', reason, leader: leader ? { member: leader.member, term: leader.term } : null }
  }
}
