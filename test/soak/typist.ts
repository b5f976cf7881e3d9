/** A tab that types into the room's document, and says what it holds. What runs in the page is handed to it as a function. */
import type { BrowserName } from '../browser/support/browsers.ts'
import type { Stage } from '../browser/support/stage.ts'
import { blankTab, idOf, meshOf, type Placement, type Tab } from '../browser/support/tabs.ts'

/** What a tab holds, for comparison. */
export interface Holding {
  /** Of text and words together. */
  readonly digest: string
  /** Of each author the words held, and how many there are twice. */
  readonly words: Readonly<Record<string, number>>
  readonly doubled: number
  /** Authors of words that are not numbered from 0 without a gap. */
  readonly torn: readonly string[]
  /** How many others it lists. */
  readonly peers: number
  /** Names that presence shows, this tab's own included. */
  readonly people: readonly string[]
}

export interface Typist extends Tab {
  readonly browserName: BrowserName
  /** Who writes from this life of the tab: no other one ever has the name. */
  author: string
  /** Words the engine has confirmed, each with when, by this process's clock. */
  readonly typed: number[]
}

let lives = 0

export async function openTypist(
  stage: Stage,
  browserName: BrowserName,
  url: (name: string) => string,
  placement: Placement,
): Promise<Typist> {
  const tab = await blankTab(stage.browser(browserName), placement)
  stage.adopt(tab)
  const author = `T${lives++}`
  await tab.page.goto(url(author), { waitUntil: 'domcontentloaded' })
  const typist = Object.assign(tab, { browserName, author, typed: [] as number[] })
  await appear(typist)
  return typist
}

/** Once it has joined: its words have a name, and others see it. */
async function appear(typist: Typist): Promise<void> {
  await idOf(typist)
  const mesh = await meshOf(typist)
  await mesh.evaluate(async (mesh, name) => {
    await mesh.shared.doc('notes')
    ;(await mesh.shared.presence()).setLocalState({ user: { name }, cursor: null })
  }, typist.author)
}

/** The same tab under a new name: what its former life had typed is over. Returns the former. */
export async function reloadTypist(typist: Typist): Promise<Pick<Typist, 'author' | 'typed'>> {
  const former = { author: typist.author, typed: typist.typed.splice(0) }
  typist.author = `T${lives++}`
  await typist.page.reload({ waitUntil: 'domcontentloaded' })
  await appear(typist)
  return former
}

/** `count` edits anywhere in the text, and a word of its own in the list for each; resolves when the engine has them. */
export async function type(typist: Typist, count: number): Promise<void> {
  const { author, typed } = typist
  const mesh = await meshOf(typist)
  await mesh.evaluate(
    async (mesh, author, from, count) => {
      const doc = await mesh.shared.doc('notes')
      const [text, words] = [doc.getText('text'), doc.getArray<string>('words')]
      const awareness = await mesh.shared.presence()
      for (let number = from; number < from + count; number++) {
        const at = Math.floor(Math.random() * text.length)
        text.insert(at, `${author} writes ${number}. `)
        if (Math.random() < 0.4) text.delete(Math.floor(Math.random() * (text.length - 8)), 8)
        words.push([`${author}.${number}`])
        awareness.setLocalStateField('cursor', { at })
      }
      // The calls of a page are done in order: this one is answered when the engine has the words.
      await mesh.memory.retrieve('nothing')
    },
    author,
    typed.length,
    count,
  )
  if (author === typist.author) for (let left = count; left > 0; left--) typed.push(Date.now())
}

export async function holdingOf(tab: Tab): Promise<Holding> {
  const mesh = await meshOf(tab)
  return mesh.evaluate(async mesh => {
    const doc = await mesh.shared.doc('notes')
    const list = doc.getArray<string>('words').toArray()
    const all = `${doc.getText('text').toString()}\n${list.join()}`
    let [low, high] = [0x811c9dc5, 0]
    for (let at = 0; at < all.length; at++) {
      low = Math.imul(low ^ all.charCodeAt(at), 0x01000193) >>> 0
      high = (high * 31 + low) >>> 0
    }
    const words: Record<string, number> = {}
    const highest: Record<string, number> = {}
    for (const word of new Set(list)) {
      const [author = '', number] = word.split('.')
      words[author] = (words[author] ?? 0) + 1
      highest[author] = Math.max(highest[author] ?? 0, Number(number) + 1)
    }
    const states = [...(await mesh.shared.presence()).getStates().values()]
    return {
      digest: `${all.length}.${low.toString(16)}.${high.toString(16)}`,
      words,
      doubled: list.length - new Set(list).size,
      torn: Object.keys(words).filter(author => words[author] !== highest[author]),
      peers: mesh.peers.length,
      people: states.flatMap(({ user }) => (typeof user?.name === 'string' ? [user.name as string] : [])).sort(),
    }
  })
}
