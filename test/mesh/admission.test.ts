import type { ConnectionEncrypter, MessageStream, MultiaddrConnection } from '@libp2p/interface'
import { noise } from '@libp2p/noise'
import { peerIdFromPrivateKey } from '@libp2p/peer-id'
import { lpStream, multiaddrConnectionPair } from '@libp2p/utils'
import { expect, test } from 'vitest'
import type { PeerId, SessionId } from '../../src/base/ids.ts'
import { admittedNoise } from '../../src/mesh/admission.ts'
import { protocolVersion } from '../../src/mesh/limits.ts'
import { openRoom } from '../../src/mesh/room.ts'
import { silentLogger } from '../link/support/silent-logger.ts'
import { freshKeys, type Keys } from './support/keys.ts'

type Role = 'dialler' | 'listener'
type Wire = Record<string, unknown>

interface Side {
  readonly keys: Keys
  readonly encrypter: ConnectionEncrypter
  readonly admitted: string[]
  readonly refused: string[]
}

async function side(secret: string, session = 'k000-aaaaaaaa'): Promise<Side> {
  const keys = await freshKeys()
  const [admitted, refused]: [string[], string[]] = [[], []]
  const encrypter = admittedNoise({
    room: await openRoom('lab', secret),
    self: keys.id,
    session: session as SessionId,
    onSecured: () => {},
    onAdmitted: (peer, of) => admitted.push(`${peer} ${of}`),
    onRefused: (peer, error) => refused.push(`${peer} ${error.code}`),
  })(componentsOf(keys))
  return { keys, encrypter, admitted, refused }
}

function componentsOf({ key }: Keys) {
  const upgrader = { getStreamMuxers: () => new Map(), getConnectionEncrypters: () => new Map() }
  return {
    peerId: peerIdFromPrivateKey(key),
    privateKey: key,
    logger: { forComponent: () => silentLogger },
    upgrader,
  } as never
}

/** Both sides secured over one connection, each either the other side's PeerId or the code it failed with. */
async function meet(dialler: Side, listener: Side): Promise<[string, string]> {
  const [outbound, inbound] = multiaddrConnectionPair()
  const secured = async (which: Promise<{ remotePeer: { toString(): string } }>, connection: MultiaddrConnection) => {
    try {
      return (await which).remotePeer.toString()
    } catch (error) {
      connection.abort(error as Error) // as libp2p does
      return String((error as { code?: string }).code ?? error)
    }
  }
  return Promise.all([
    secured(dialler.encrypter.secureOutbound(outbound), outbound),
    secured(listener.encrypter.secureInbound(inbound), inbound),
  ])
}

/** One side that says what it likes: it holds a key of its own, and no more of the room than it is given. */
async function liar(
  honest: Side,
  role: Role,
  talk: (talk: { say(wire: unknown): Promise<void>; hear(): Promise<Wire> }, self: Keys) => Promise<void>,
) {
  const keys = await freshKeys()
  const [outbound, inbound] = multiaddrConnectionPair()
  const inner = noise()(componentsOf(keys))
  const [ours, theirs] = role === 'dialler' ? [outbound, inbound] : [inbound, outbound]
  const speak = async (connection: MessageStream) => {
    const lines = lpStream(connection)
    await talk(
      {
        say: wire => lines.write(new TextEncoder().encode(typeof wire === 'string' ? wire : JSON.stringify(wire))),
        hear: async () => JSON.parse(new TextDecoder().decode((await lines.read()).subarray())) as Wire,
      },
      keys,
    )
  }
  const secured = role === 'dialler' ? inner.secureOutbound(ours) : inner.secureInbound(ours)
  const other = role === 'dialler' ? honest.encrypter.secureInbound(theirs) : honest.encrypter.secureOutbound(theirs)
  const [, outcome] = await Promise.all([
    secured.then(({ connection }) => speak(connection)).catch(() => {}),
    other.then(
      () => 'admitted',
      (error: { code?: string; name: string }) => {
        theirs.abort(error as unknown as Error)
        return error.code ?? error.name
      },
    ),
  ])
  return outcome
}

const opening = (more: Wire = {}): Wire => ({
  version: protocolVersion,
  session: 'k000-eeeeeeee',
  nonce: 'A'.repeat(22),
  ...more,
})

test('two with the room’s key admit each other, and each learns the other’s session', async () => {
  const [ada, bob] = [await side('secret', 'k000-aaaaaaaa'), await side('secret', 'k000-bbbbbbbb')]
  expect(await meet(ada, bob)).toEqual([bob.keys.id, ada.keys.id])
  expect([ada.admitted, bob.admitted]).toEqual([[`${bob.keys.id} k000-bbbbbbbb`], [`${ada.keys.id} k000-aaaaaaaa`]])
  expect([ada.refused, bob.refused]).toEqual([[], []])
})

test('with another key both are told `admission-refused`, and nobody is admitted', async () => {
  const [ada, bob] = [await side('secret'), await side('guess')]
  expect(await meet(ada, bob)).toEqual(['admission-refused', 'admission-refused'])
  expect([ada.admitted, bob.admitted]).toEqual([[], []])
  expect([ada.refused, bob.refused]).toEqual([
    [`${bob.keys.id} admission-refused`],
    [`${ada.keys.id} admission-refused`],
  ])
})

test.each<Role>(['dialler', 'listener'])(
  'a %s of another version is told so, however its opening looks',
  async role => {
    for (const theirs of [opening({ version: protocolVersion + 1 }), { version: 9, hello: ['new', 'shape'] }]) {
      const honest = await side('secret')
      let heard: Wire = {}
      const outcome = await liar(honest, role, async ({ say, hear }) => {
        if (role === 'listener') await hear()
        await say(theirs)
        heard = await hear()
      })
      expect([outcome, heard]).toEqual(['version-mismatch', { refuse: 'version-mismatch' }])
      expect(honest.admitted).toEqual([])
    }
  },
)

test('a listener without the key gets no mac out of the dialler', async () => {
  const honest = await side('secret')
  const heard: Wire[] = []
  const outcome = await liar(honest, 'listener', async ({ say, hear }) => {
    heard.push(await hear())
    await say(opening({ mac: 'A'.repeat(43) }))
    heard.push(await hear())
  })
  expect(outcome).toBe('admission-refused')
  expect(heard.flatMap(Object.keys).sort()).toEqual(['nonce', 'refuse', 'session', 'version'])
})

test('the listener’s own mac sent back is refused', async () => {
  const honest = await side('secret')
  const outcome = await liar(honest, 'dialler', async ({ say, hear }) => {
    await say(opening())
    await say({ mac: (await hear()).mac })
    await hear()
  })
  expect(outcome).toBe('admission-refused')
})

test('a mac of an earlier admission is refused: nonces are fresh', async () => {
  const room = await openRoom('lab', 'secret')
  const honest = await side('secret')
  let recorded: unknown
  const first = await liar(honest, 'dialler', async ({ say, hear }, self) => {
    await say(opening())
    const theirs = await hear()
    const text = [
      'dialler',
      self.id,
      honest.keys.id,
      'k000-eeeeeeee',
      theirs.session,
      'A'.repeat(22),
      theirs.nonce,
    ].join('\0')
    recorded = Buffer.from(await room.mac(new TextEncoder().encode(text))).toString('base64url')
    await say({ mac: recorded })
    expect(await hear()).toEqual({ ok: true })
  })
  expect(first).toBe('admitted') // and so this is how another implementation is let in
  const second = await liar(honest, 'dialler', async ({ say, hear }) => {
    await say(opening())
    await hear()
    await say({ mac: recorded })
    await hear()
  })
  expect(second).toBe('admission-refused')
})

test.each<[string, unknown[]]>([
  ['no JSON', ['hello']],
  ['JSON of another form', [{ hi: 1 }]],
  ['a mac before its turn', [{ mac: 'A'.repeat(43) }]],
  ['an ok before its turn', [{ ok: true }]],
  ['an opening with a field more', [opening({ admin: true })]],
  ['two openings', [opening(), opening()]],
  ['an ok in place of the mac', [opening(), { ok: true }]],
  ['a mac that is no base64url', [opening(), { mac: '****' }]],
  ['more than a message may hold', ['x'.repeat(5_000)]],
  ['a refusal', [{ refuse: 'admission-refused' }]],
])('%s admits nobody', async (_, words) => {
  const honest = await side('secret')
  const outcome = await liar(honest, 'dialler', async ({ say, hear }) => {
    for (const word of words) await say(word)
    await hear()
    await hear()
  })
  expect(outcome).not.toBe('admitted')
  expect(honest.admitted as unknown as PeerId[]).toEqual([])
})
