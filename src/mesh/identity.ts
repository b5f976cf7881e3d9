/**
 * Who this tab is: an Ed25519 key in one of the browser's slots. A Web Lock holds the slot, claimed with `ifAvailable`, so a
 * duplicated tab takes another and a reopened tab finds its old key (DESIGN, section 5). A reloaded tab waits for its own
 * former session to be gone, so that it is the same peer again.
 */
import { generateKeyPair, privateKeyFromProtobuf, privateKeyToProtobuf } from '@libp2p/crypto/keys'
import type { PrivateKey } from '@libp2p/interface'
import { type IDBPDatabase, openDB } from 'idb'
import * as v from 'valibot'
import type { SessionId } from '../base/ids.ts'
import { randomId } from '../base/system.ts'

const databaseName = 'tabmesh-identity'
const schemaVersion = 1
/** Slots in one browser: more tabs than this get a key of the moment. */
const slotsMax = 256
/** How long a reloaded tab waits for its former session to end; a duplicated tab waits it out in vain. */
const formerSessionWaitMs = 600

const slotRecord = v.object({ schema: v.literal(schemaVersion), key: v.instance(Uint8Array) })
const browserRecord = v.object({ schema: v.literal(schemaVersion), id: v.pipe(v.string(), v.maxLength(64)) })

/** Which slot and session this tab had before it was reloaded; the page keeps it in sessionStorage. */
export const formerSchema = v.object({
  slot: v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(slotsMax)),
  session: v.pipe(v.string(), v.maxLength(64)),
})
export type Former = v.InferOutput<typeof formerSchema>

export interface Identity {
  readonly key: PrivateKey
  /** Undefined for a key of the moment, where storage is refused or every slot is taken. */
  readonly slot: number | undefined
  /** The same for all tabs of this browser profile. */
  readonly browser: string
  /** Other tabs of this browser are open, in this room or another. */
  readonly hasSiblings: boolean
}

export function aliveLock(session: SessionId): string {
  return `tabmesh:alive:${session}`
}

/** Holds a lock for as long as this thread lives. False where somebody else has it. */
function holdForLife(name: string): Promise<boolean> {
  return new Promise((resolve, reject) => {
    navigator.locks
      .request(name, { ifAvailable: true }, lock => {
        resolve(lock !== null)
        return lock ? new Promise<never>(() => {}) : undefined
      })
      .catch(reject)
  })
}

export async function claimIdentity(session: SessionId, former: Former | undefined): Promise<Identity> {
  const opening = openIdentities().catch(() => undefined)
  const isAlive = holdForLife(aliveLock(session))
  if (former) await sessionEnds(former.session as SessionId, AbortSignal.timeout(formerSessionWaitMs))
  // Asking once which slots are taken spares a request for each sibling tab; whoever is quicker than us takes one all the same.
  const taken = takenSlots()
  const [database, slot] = await Promise.all([opening, claimSlot(former?.slot, taken), isAlive])
  const hasSiblings = (await taken).size > 0
  if (!database) return { key: await generateKeyPair('Ed25519'), slot: undefined, browser: randomId(), hasSiblings }
  try {
    const [key, browser] = await Promise.all([keyOf(database, slot), browserId(database)])
    return { key, slot, browser, hasSiblings }
  } finally {
    database.close()
  }
}

/** Resolves when the session's lock is released. Waits shared, so that nobody sits on it (DESIGN, fact 13). */
export async function sessionEnds(session: SessionId, signal: AbortSignal): Promise<boolean> {
  try {
    await navigator.locks.request(aliveLock(session), { mode: 'shared', signal }, () => {})
    return true
  } catch {
    return false
  }
}

async function claimSlot(
  preferred: number | undefined,
  taken: Promise<ReadonlySet<string>>,
): Promise<number | undefined> {
  if (preferred !== undefined && (await holdForLife(slotLock(preferred)))) return preferred
  const others = await taken
  for (let slot = 0; slot < slotsMax; slot++)
    if (!others.has(slotLock(slot)) && (await holdForLife(slotLock(slot)))) return slot
  return undefined
}

const slotLocks = 'tabmesh:slot:'

function slotLock(slot: number): string {
  return `${slotLocks}${slot}`
}

async function takenSlots(): Promise<ReadonlySet<string>> {
  const { held = [] } = await navigator.locks.query()
  return new Set(held.flatMap(({ name }) => (name?.startsWith(slotLocks) ? [name] : [])))
}

function openIdentities(): Promise<IDBPDatabase> {
  return openDB(databaseName, schemaVersion, {
    upgrade(database) {
      database.createObjectStore('slots')
      database.createObjectStore('browser')
    },
    blocking: (_from, _to, event) => (event.target as IDBDatabase).close(),
  })
}

/** The slot's key; made and stored at its first use, or where what is stored cannot be read. */
async function keyOf(database: IDBPDatabase, slot: number | undefined): Promise<PrivateKey> {
  if (slot === undefined) return generateKeyPair('Ed25519')
  const stored = v.safeParse(slotRecord, await database.get('slots', slot))
  if (stored.success) return privateKeyFromProtobuf(stored.output.key)
  const key = await generateKeyPair('Ed25519')
  await database.put('slots', { schema: schemaVersion, key: privateKeyToProtobuf(key) }, slot)
  return key
}

async function browserId(database: IDBPDatabase): Promise<string> {
  const known = v.safeParse(browserRecord, await database.get('browser', 'id'))
  if (known.success) return known.output.id
  const transaction = database.transaction('browser', 'readwrite') // one transaction, so that two first tabs agree
  const stored = v.safeParse(browserRecord, await transaction.store.get('id'))
  const id = stored.success ? stored.output.id : randomId()
  if (!stored.success) await transaction.store.put({ schema: schemaVersion, id }, 'id')
  await transaction.done
  return id
}
