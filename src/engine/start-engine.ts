/** The engine in a tab's worker: from the configuration and the ports that the page sent, everything else follows. */
import { expose, wrap } from 'comlink'
import './wire-errors.ts'
import { toMeshError } from '../base/errors.ts'
import type { SessionId } from '../base/ids.ts'
import { sharedTicks } from '../base/shared-ticks.ts'
import { randomId, systemClock, systemRandom } from '../base/system.ts'
import { BothRendezvous } from '../link/both-rendezvous.ts'
import { Siblings, siblingChannelName } from '../link/siblings.ts'
import { SignalingClient } from '../link/signaling/client.ts'
import { WebRtcLinks } from '../link/webrtc/links.ts'
import type { ToEngine, ToPage } from '../link/webrtc/protocol.ts'
import { claimIdentity, sessionEnds } from '../mesh/identity.ts'
import { openRoom } from '../mesh/room.ts'
import { deviceOf } from './device.ts'
import { Engine } from './engine.ts'
import type { PageServices } from './page-services.ts'
import type { Boot, Push } from './protocol.ts'
import { engineApi } from './rpc.ts'
import { SessionWatch } from './session-watch.ts'
import { secretChannelName, siblingLinks } from './sibling-links.ts'

const clock = sharedTicks(systemClock)

/** The pages of this browser hear a goodbye as well: so long its engines leave the processor to them, ms. */
const pagesFirstMs = 15
/** A page that closes frees its lock in the same moment: its goodbye, and that wait, come first, ms. */
const goodbyeHeadStartMs = 30 + pagesFirstMs

/** What is pushed in one task crosses to the page as one message: each message costs more than what is in it. */
let pending: Push[] = []
const push = (message: Push) => {
  if (pending.push(message) > 1) return
  queueMicrotask(() => {
    self.postMessage(pending)
    pending = []
  })
}

export function startEngine(boot: Boot): void {
  start(boot).catch(thrown => {
    const { code, message } = toMeshError(thrown, 'unsupported')
    push({ kind: 'failed', code, message: `The engine did not start: ${message}` })
  })
}

async function start({ config, rpc, links, services }: Boot): Promise<void> {
  const session = `${Date.now().toString(36)}-${randomId()}` as SessionId
  const toPage = (message: ToPage) => links.postMessage(message)
  const server = new SignalingClient({ url: config.signalingUrl, clock, random: systemRandom })
  server.prepare()
  const [identity, room] = await Promise.all([
    claimIdentity(session, config.former),
    openRoom(config.room, config.secret),
  ])
  const sessions = new SessionWatch({ clock, ends: sessionEnds, headStartMs: goodbyeHeadStartMs })
  const siblings = new Siblings({
    channel: siblingChannelName(room.hash),
    open: name => new BroadcastChannel(name),
    clock,
    watch: sessions.watch,
  })
  const engine = new Engine({
    config,
    session,
    identity,
    room,
    device: deviceOf(navigator.userAgent),
    clock,
    random: systemRandom,
    newId: randomId,
    rendezvous: new BothRendezvous(server, siblings),
    links: context => {
      const provider = new WebRtcLinks({
        ...context,
        self: context.self.peer,
        clock,
        iceServers: config.iceServers,
        toPage,
        newId: randomId,
      })
      links.onmessage = event => provider.fromPage(event.data as ToEngine)
      return provider
    },
    watchSession: sessions.watch,
    createWork: async context => {
      const { createBrowserWork } = await import('./browser-work.ts')
      return createBrowserWork({
        ...context,
        config,
        browser: identity.browser,
        clock,
        random: systemRandom,
        page: wrap<PageServices>(services),
      })
    },
    openAgentStore: async () => {
      const { indexedAgentStore, memoryAgentStore } = await import('./agent-store.ts')
      if (identity.slot === undefined) return memoryAgentStore()
      return indexedAgentStore(`${room.hash} ${identity.slot}`, () => clock.nowMs())
    },
    siblingLinks: config.siblingPipes ? siblingLinks({ room, clock, newId: randomId }) : undefined,
    createDecisions: async mesh => {
      const { createBrowserDecisions } = await import('./browser-decisions.ts')
      return createBrowserDecisions({
        mesh,
        clock,
        random: systemRandom,
        newId: randomId,
        room: room.hash,
        browser: identity.browser,
        timing: config.timing,
        count: counter => mesh.count(counter),
      })
    },
    createShared: async context => {
      const { createBrowserShared } = await import('./browser-shared.ts')
      return createBrowserShared({ ...context, room, clock, random: systemRandom })
    },
    push,
  })
  expose(engineApi(engine, push), rpc)
  const naming = secretChannelName(room, 'goodbye')
  void naming.then(name => {
    new BroadcastChannel(name).onmessage = ({ data }) => {
      clock.after(pagesFirstMs, () => engine.mesh.receiveGoodbye(data))
    }
  })
  await engine.start()
  toPage({ kind: 'goodbye', bytes: await engine.mesh.signGoodbye(), channel: await naming })
}
