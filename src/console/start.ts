/**
 * Opens the page: reads the address, joins at once, and fetches the console meanwhile. Everything here is loaded before the mesh is
 * there, so it is small and knows no library.
 */
import type { MeshHandle } from '../engine/handle.ts'
import { startTheme } from './look/theme.ts'
import { showPageMessage } from './page-message.ts'
import { newPrivateRoom } from './room-name.ts'
import { isSameRoom, parseRoomUrl, type RoomLink, roomFragment } from './room-url.ts'
import { type JoinMesh, Session } from './session.ts'
import { checkSupport } from './support.ts'

declare global {
  /** The mesh this page is in, for anyone who scripts a tab from its developer tools. */
  var mesh: MeshHandle | undefined
  var meshReady: Promise<MeshHandle> | undefined
}

/** The console is loaded and drawn once its tab is usable, which it would delay; or after so long, to show what joining waits for, ms. */
const joinPatienceMs = 1_000

export function startConsole(joinMesh: JoinMesh): void {
  startTheme()
  const problem = checkSupport()
  if (problem) return showPageMessage(problem)

  const session = new Session(joinMesh)
  session.onChange(() => {
    globalThis.meshReady = session.ready
    globalThis.mesh = session.handle
  })
  let isMounted = false

  const open = () => {
    const link = linkOfThisPage()
    if (!link) return
    if (session.link && isSameRoom(session.link, link)) return followName(session, link)
    // The session keeps the failure, and the console shows it.
    const joined = session.join(link).catch(() => {})
    if (isMounted) return
    isMounted = true
    const patience = new Promise(resolve => setTimeout(resolve, joinPatienceMs))
    void Promise.race([joined, patience]).then(async () => {
      const app = await loaded(() => import('./app.ts'))
      app?.mountConsole(session)
    })
  }
  addEventListener('hashchange', () => {
    // A page that shows a message instead of the console starts afresh with a better link.
    if (isMounted && parseRoomUrl(new URL(location.href)).kind !== 'bad') open()
    else location.reload()
  })
  open()
}

/** The room this page's address names; a new private one where it names none; nothing, with a message, where it names it badly. */
function linkOfThisPage(): RoomLink | undefined {
  const parsed = parseRoomUrl(new URL(location.href))
  if (parsed.kind === 'room') return parsed.link
  if (parsed.kind === 'bad') {
    showPageMessage({ ...parsed.problem, way: { words: 'Open a new private room', href: location.pathname } })
    return undefined
  }
  const { kind: _, ...extras } = parsed
  const link = { ...newPrivateRoom(count => crypto.getRandomValues(new Uint8Array(count))), ...extras }
  history.replaceState(history.state, '', `${location.pathname}#${roomFragment(link)}`)
  return link
}

function followName(session: Session, { name }: RoomLink): void {
  // A name the mesh refuses stays as it was, as the console shows.
  if (name && name !== session.snapshot?.self.name) session.handle?.rename(name).catch(() => {})
}

/** The rest of the page. Where it cannot be fetched the mesh still works, but a person must know. */
async function loaded<App>(load: () => Promise<App>): Promise<App | undefined> {
  try {
    return await load()
  } catch {
    showPageMessage({
      title: 'The console could not be loaded',
      advice: 'The connection to the server broke off, or the site was just updated. Reload this page.',
      way: { words: 'Reload', href: location.href },
    })
    return undefined
  }
}
