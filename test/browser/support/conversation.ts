/** Words between tabs, to see that the mesh carries them. */
import { expect } from 'vitest'
import { idOf, meshOf, type Tab } from './tabs.ts'

/** Each broadcasts once and sends once to each other; each must hear both from all others, exactly once. */
export async function everyTabHearsEveryOther(tabs: readonly Tab[]): Promise<void> {
  const topic = 'test.roll-call'
  const hearings = await Promise.all(
    tabs.map(async tab =>
      (await meshOf(tab)).evaluateHandle((mesh, topic) => {
        const heard: string[] = []
        mesh.subscribe(topic, (payload, { from }) => heard.push(`${String(payload)} from ${from}`))
        return heard
      }, topic),
    ),
  )
  const ids = await Promise.all(tabs.map(idOf))
  for (const tab of tabs) {
    const mesh = await meshOf(tab)
    await mesh.evaluate(async (mesh, topic) => {
      await mesh.broadcast(topic, 'broadcast')
      for (const peer of mesh.peers) await mesh.send(peer.id, topic, 'sent')
    }, topic)
  }
  for (const [index, heard] of hearings.entries()) {
    const others = ids.filter((_, other) => other !== index)
    const expected = others.flatMap(id => [`broadcast from ${id}`, `sent from ${id}`]).sort()
    await expect.poll(async () => (await heard.jsonValue()).sort(), { timeout: 15_000 }).toEqual(expected)
  }
}
