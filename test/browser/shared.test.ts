/** Shared documents in real tabs: what is typed in one is in the others, also after a reload, a cut, and in large. */
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import type { BrowserName } from './support/browsers.ts'
import { Stage } from './support/stage.ts'
import { closeTab, idOf, meshOf, textOf as shownText, type Tab, waitForPeers } from './support/tabs.ts'
import { isThorough } from './support/thorough.ts'

let stage: Stage
beforeAll(async () => {
  stage = await Stage.shared(['chromium', 'firefox'], 'window')
})
afterEach(() => stage.clear())
afterAll(() => stage.close())

async function type(tab: Tab, text: string): Promise<void> {
  const mesh = await meshOf(tab)
  await mesh.evaluate(async (mesh, text) => (await mesh.shared.doc('notes')).getText('text').insert(0, text), text)
}

/** Resolves with the document's text once it has this length; with what there is after the time is over. */
async function textOf(tab: Tab, length: number, timeoutMs = 30_000): Promise<string> {
  const mesh = await meshOf(tab)
  return mesh.evaluate(
    async (mesh, length, timeoutMs) => {
      const text = (await mesh.shared.doc('notes')).getText('text')
      await new Promise<void>(resolve => {
        const look = () => {
          if (text.length !== length) return
          text.unobserve(look)
          resolve()
        }
        text.observe(look)
        look()
        setTimeout(resolve, timeoutMs)
      })
      return text.toString()
    },
    length,
    timeoutMs,
  )
}

/** Names on the cursors of others in the editor. */
async function cursorsOf({ page }: Tab): Promise<string[]> {
  const names = await page.$$('>>> .cm-ySelectionInfo')
  return Promise.all(names.map(name => name.evaluate(({ textContent }) => textContent ?? '')))
}

const pairs: [BrowserName, BrowserName][] = [['chromium', 'firefox']]
if (isThorough) pairs.push(['chromium', 'chromium'], ['firefox', 'firefox'])

describe.each(pairs)('%s and %s', (first, second) => {
  test('type in one document, and find it again after both were reloaded at once', async () => {
    const room = stage.room()
    const [one, other] = (await stage.tabs(room, [first, second])) as [Tab, Tab]
    await Promise.all([waitForPeers(one, 1), waitForPeers(other, 1)])
    await Promise.all([type(one, 'one '), type(other, 'two ')])
    const read = await textOf(one, 8)
    expect([...read.split(' ')].sort()).toEqual(['', 'one', 'two'])
    expect(await textOf(other, 8)).toBe(read)
    await Promise.all([one, other].map(tab => tab.page.reload({ waitUntil: 'domcontentloaded' })))
    for (const tab of [one, other]) expect(await textOf(tab, 8)).toBe(read)
  })

  test('G11: a 300 KB paste and a 5 MB document reach a tab that opens later, which sees them come', async () => {
    const room = stage.room()
    const [one] = (await stage.tabs(room, [first])) as [Tab]
    await type(one, 'p'.repeat(300_000))
    const other = await stage.tab(second, room.url('late'))
    expect(await textOf(other, 300_000)).toHaveLength(300_000)
    const mesh = await meshOf(other)
    await mesh.evaluate(mesh => {
      mesh.on('snapshot', ({ shared }) => {
        for (const { progress } of shared?.replicas ?? []) if (progress) document.title = `${progress.receivedBytes}`
      })
    })
    await type(one, 'd'.repeat(5_000_000))
    expect(await textOf(other, 5_300_000)).toHaveLength(5_300_000)
    // Tabs of one browser may be too quick for a snapshot to show it.
    if (first !== second) expect(Number(await other.page.title())).toBeGreaterThan(100_000)
  })

  test('go on apart when their link is cut, and are one again when it is back', async () => {
    const room = stage.room()
    const tabs = (await stage.tabs(room, [first, second])) as [Tab, Tab]
    const [one, other] = tabs
    await Promise.all(tabs.map(tab => waitForPeers(tab, 1)))
    await type(one, 'before ')
    expect(await textOf(other, 7)).toBe('before ')
    const mesh = await meshOf(one)
    await mesh.evaluate((mesh, peer) => mesh.cut(peer), await idOf(other))
    await Promise.all([type(one, 'left '), type(other, 'right ')])
    const read = await textOf(one, 18)
    expect(read).toHaveLength(18)
    expect(await textOf(other, 18)).toBe(read)
  })
})

test('six tabs of two browsers type at once while one is cut off, one reloads and one closes: all are equal, nothing is lost or doubled', async () => {
  const room = stage.room()
  const names: BrowserName[] = ['chromium', 'chromium', 'chromium', 'firefox', 'firefox', 'firefox']
  const tabs = await stage.tabs(room, names)
  for (const tab of tabs) await waitForPeers(tab, 5)
  const [cutOff, reloaded, closed] = tabs as [Tab, Tab, Tab]
  const words = 40
  const typing = tabs.map(async (tab, at) => {
    const mesh = await meshOf(tab)
    await mesh.evaluate(
      async (mesh, at, words) => {
        const text = (await mesh.shared.doc('notes')).getText('text')
        for (let word = 0; word < words; word++) {
          text.insert(Math.floor(Math.random() * text.length), `<${at}.${word}>`)
          await new Promise(resolve => setTimeout(resolve, 20))
        }
        // On its way: the mesh has it once the engine has answered.
        await mesh.memory.retrieve('nothing')
      },
      at,
      words,
    )
  })
  const apart = await meshOf(cutOff)
  await apart.evaluate(mesh => Promise.all(mesh.links.map(({ peer }) => mesh.cut(peer))))
  await Promise.all(typing)
  await reloaded.page.reload({ waitUntil: 'domcontentloaded' })
  await closeTab(closed)
  // Where somebody types into the middle of a word, only the letters are sure to be there.
  const length = Array.from({ length: 6 * words }, (_, at) => `<${at % 6}.${Math.floor(at / 6)}>`.length).reduce(
    (a, b) => a + b,
  )
  const read = await textOf(reloaded, length)
  expect(read).toHaveLength(length)
  for (const tab of tabs) if (tab !== closed) expect(await textOf(tab, length)).toBe(read)
})

test('the memory store and presence are seen by all, and presence ends with its tab', async () => {
  const room = stage.room()
  const [one, other] = (await stage.tabs(room, ['chromium', 'chromium'])) as [Tab, Tab]
  await Promise.all([waitForPeers(one, 1), waitForPeers(other, 1)])
  const [here, there] = [await meshOf(one), await meshOf(other)]
  const heard = await there.evaluateHandle(async mesh => {
    const values: unknown[] = []
    mesh.memory.watch(({ key, entry }) => key === 'plan' && values.push(entry?.value))
    await mesh.memory.retrieve('plan') // one turn later the engine knows who watches
    return values
  })
  await here.evaluate(async mesh => {
    await mesh.memory.store('plan', { step: 1 })
    ;(await mesh.shared.presence()).setLocalState({ user: { name: 'Ada' } })
  })
  await expect.poll(() => heard.jsonValue(), { timeout: 10_000 }).toEqual([{ step: 1 }])
  expect(await there.evaluate(mesh => mesh.memory.search('plan').then(found => found.length))).toBe(1)
  const names = (wanted: number) =>
    there.evaluate(
      (mesh, wanted) =>
        mesh.shared.presence().then(
          presence =>
            new Promise<readonly unknown[]>(resolve => {
              const read = () => [...presence.getStates().values()].flatMap(({ user }) => (user ? [user.name] : []))
              const look = () => read().length === wanted && resolve(read())
              presence.on('change', look)
              look()
              setTimeout(() => resolve(read()), 10_000)
            }),
        ),
      wanted,
    )
  expect(await names(1)).toEqual(['Ada'])
  // Who comes later sees who has been there for long, and says nothing.
  const late = await stage.tab('chromium', room.url('late'))
  const seenLate = async () =>
    (await meshOf(late)).evaluate(async mesh =>
      [...(await mesh.shared.presence()).getStates().values()].flatMap(({ user }) =>
        user ? [user.name as string] : [],
      ),
    )
  await expect.poll(seenLate, { timeout: 10_000 }).toEqual(['Ada'])
  await closeTab(late)
  await closeTab(one)
  expect(await names(0)).toEqual([])
})

test('in the Shared panel two people type in one editor, see each other’s names, and read that they agree', async () => {
  const room = stage.room()
  const tabs = [await stage.tab('chromium', room.url('Ada')), await stage.tab('firefox', room.url('Bob'))] as const
  await Promise.all(tabs.map(tab => waitForPeers(tab, 1)))
  for (const { page } of tabs) {
    await page.setViewport({ width: 1440, height: 900 })
    await page.locator('>>> wa-tab ::-p-text(Shared)').click()
  }
  for (const [at, { page }] of tabs.entries()) {
    await page.locator('>>> .cm-content').click()
    await page.keyboard.type(`tab ${at} was here. `)
  }
  for (const tab of tabs) {
    await expect.poll(() => shownText(tab), { timeout: 15_000 }).toMatch(/tab 0 was here/)
    await expect.poll(() => shownText(tab), { timeout: 15_000 }).toMatch(/tab 1 was here/)
    await expect.poll(() => shownText(tab), { timeout: 20_000 }).toMatch(/in sync with 1 of 1/)
  }
  await expect.poll(() => cursorsOf(tabs[0])).toEqual(['Bob'])
})
