/**
 * The replicated register: keys with JSON values and versions, and the latest commands that the mesh decided. Deterministic: the
 * same entries in the same order make the same register everywhere.
 *
 * Invariants
 * G1  A version is given once, and grows with each change of any key.
 * G2  A compare-and-set changes the key only if it holds what was expected, compared as JSON whatever the order of its fields.
 * G3  The register stays within its limits: what does not fit is refused, everywhere alike.
 */
import * as v from 'valibot'
import { MeshError } from '../../../base/errors.ts'
import type { Json } from '../../../base/json.ts'
import { isOwnKey } from '../../../base/own-keys.ts'
import type { StateMachine } from '../../raft/sessions.ts'
import {
  cellBytes,
  commandsKept,
  commandsKeptBytesMax,
  keysMax,
  registerBytesMax,
  swapValueBytesMax,
} from '../limits.ts'
import { canonical } from './canonical.ts'
import type { Decided, DecidedChange, DecidedCommand } from './entries.ts'
import { isDecision, type Operation, type OperationResult, type RegisterCommand } from './operations.ts'

interface Cell {
  readonly value: Json
  readonly version: number
  /** Of key and value, as canonical JSON. */
  readonly bytes: number
}

interface KeptCommand extends DecidedCommand {
  readonly bytes: number
}

const natural = v.pipe(v.number(), v.safeInteger(), v.minValue(0))
const json = v.custom<Json>(value => value !== undefined)
/** Where this history comes from: begun afresh, or continued from another when that one had lost its quorum for good. */
const origin = v.strictObject({
  bornAtMs: natural,
  parent: v.optional(v.strictObject({ generation: v.string(), decided: natural })),
})
export type Origin = v.InferOutput<typeof origin>

const saved = v.strictObject({
  origin,
  version: natural,
  decided: natural,
  cells: v.array(v.tuple([v.string(), json, natural])),
  commands: v.array(v.tuple([natural, v.string(), json])),
})

const empty = { origin: { bornAtMs: 0 }, version: 0, decided: 0, cells: [], commands: [] }

/** The saved state of a register that holds nothing yet. */
export function emptyRegister(origin: Origin): Json {
  return { ...empty, origin: origin as Json }
}

export interface RegisterEvents {
  /** Changes that came together, by version. */
  readonly onChanges?: (changes: readonly DecidedChange[]) => void
  readonly onDecided?: (command: DecidedCommand) => void
}

export class Register implements StateMachine {
  readonly #events: RegisterEvents
  #origin: Origin = { bornAtMs: 0 }
  #cells = new Map<string, Cell>()
  #commands: KeptCommand[] = []
  #commandsBytes = 0
  #bytes = 0
  #ownKeys = 0
  #version = 0
  /** Commands of people executed in this generation. */
  #decided = 0

  constructor(events: RegisterEvents = {}) {
    this.#events = events
  }

  get origin(): Origin {
    return this.#origin
  }

  /** Of applications; the mesh's own come beside them. */
  get keys(): number {
    return this.#cells.size - this.#ownKeys
  }

  get bytes(): number {
    return this.#bytes
  }

  get decided(): number {
    return this.#decided
  }

  get commands(): readonly DecidedCommand[] {
    return this.#commands
  }

  read(key: string): Decided | undefined {
    const cell = this.#cells.get(key)
    return cell && { key, value: cell.value, version: cell.version }
  }

  list(prefix: string): Decided[] {
    const keys = [...this.#cells.keys()].filter(key => key.startsWith(prefix)).sort()
    return keys.map(key => this.read(key) as Decided)
  }

  execute(payload: unknown, index: number): OperationResult[] {
    const command = payload as RegisterCommand
    const { by, operations } = command
    if (isDecision(command)) this.#decided++
    return operations.map(one => this.#perform(one, by, index))
  }

  save(): Json {
    const keys = [...this.#cells.keys()].sort()
    const cells = keys.map(key => {
      const { value, version } = this.#cells.get(key) as Cell
      return [key, value, version]
    })
    const commands = this.#commands.map(({ index, by, command }) => [index, by, command])
    return { origin: this.#origin as Json, version: this.#version, decided: this.#decided, cells, commands }
  }

  load(data: unknown): void {
    const parsed = v.safeParse(saved, data ?? empty)
    if (!parsed.success) throw new MeshError('malformed', `a saved register: ${v.summarize(parsed.issues)}`)
    const { origin, version, decided, cells, commands } = parsed.output
    const before = this.#cells
    this.#origin = origin
    this.#version = version
    this.#decided = decided
    this.#cells = new Map(cells.map(([key, value, of]) => [key, { value, version: of, bytes: bytesOf(key, value) }]))
    this.#bytes = [...this.#cells.values()].reduce((sum, cell) => sum + cell.bytes, 0)
    this.#ownKeys = [...this.#cells.keys()].filter(isOwnKey).length
    this.#commands = []
    this.#commandsBytes = 0
    for (const [index, by, command] of commands) this.#keep({ index, by: by as DecidedCommand['by'], command })
    this.#tellDifference(before)
  }

  #perform(one: Operation, by: string, index: number): OperationResult {
    if (one.kind === 'propose') {
      const command: DecidedCommand = { index, by: by as DecidedCommand['by'], command: one.command }
      this.#keep(command)
      this.#events.onDecided?.(command)
      return { kind: 'decided', index }
    }
    if (one.kind !== 'swap') {
      const version = this.#write(one.key, one.kind === 'set' ? one.value : undefined)
      return version === undefined ? { kind: 'full' } : { kind: 'done', version }
    }
    const held = this.#cells.get(one.key)
    const [expected] = one.expected
    const isExpected =
      held && expected !== undefined ? canonical(held.value) === canonical(expected) : !held && expected === undefined
    if (!isExpected) {
      const isSmall = held && held.bytes <= swapValueBytesMax
      return { kind: 'swap', swapped: false, held: held !== undefined, value: isSmall ? [held.value] : [] }
    }
    if (this.#write(one.key, one.value[0]) === undefined) return { kind: 'full' }
    return { kind: 'swap', swapped: true, held: one.value.length > 0, value: [] }
  }

  /** The new version; undefined where it does not fit. */
  #write(key: string, value: Json | undefined): number | undefined {
    const held = this.#cells.get(key)
    const bytes = value === undefined ? 0 : bytesOf(key, value)
    const sum = this.#bytes - (held?.bytes ?? 0) + bytes
    if (value !== undefined && (sum > registerBytesMax || (!held && this.#cells.size >= keysMax))) return undefined
    this.#bytes = sum
    if (isOwnKey(key)) this.#ownKeys += Number(value !== undefined) - Number(held !== undefined)
    const version = ++this.#version
    if (value === undefined) this.#cells.delete(key)
    else this.#cells.set(key, { value, version, bytes })
    this.#events.onChanges?.([{ key, value, version }])
    return version
  }

  #keep(command: DecidedCommand): void {
    const bytes = canonical(command.command).length
    this.#commands.push({ ...command, bytes })
    this.#commandsBytes += bytes
    while (this.#commands.length > commandsKept || this.#commandsBytes > commandsKeptBytesMax)
      this.#commandsBytes -= this.#commands.shift()?.bytes ?? 0
  }

  /** After a snapshot from a leader: what was skipped is told as one change for each key. */
  #tellDifference(before: ReadonlyMap<string, Cell>): void {
    const { onChanges } = this.#events
    if (!onChanges) return
    const changed = [...this.#cells].filter(([key, { version }]) => before.get(key)?.version !== version)
    const gone = [...before.keys()].filter(key => !this.#cells.has(key))
    const changes: DecidedChange[] = changed.map(([key, { value, version }]) => ({ key, value, version }))
    for (const key of gone) changes.push({ key, value: undefined, version: this.#version })
    if (changes.length > 0) onChanges(changes.sort((one, other) => one.version - other.version))
  }
}

function bytesOf(key: string, value: Json): number {
  return key.length + canonical(value).length + cellBytes
}
