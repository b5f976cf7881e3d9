/** A private room keeps its name, its members' names and their words from the server, which sees every byte recorded here. */
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { disguises, openRecordingProxy, type RecordingProxy, unmaskedFrames } from './support/recording-proxy.ts'
import { roomAt, Stage } from './support/stage.ts'
import { idOf, meshOf, waitForPeers } from './support/tabs.ts'

let stage: Stage
let proxy: RecordingProxy
beforeAll(async () => {
  stage = await Stage.shared(['chromium', 'firefox'])
  proxy = await openRecordingProxy(stage.server.port)
})
afterEach(() => stage.clear())
afterAll(async () => {
  await proxy?.close()
  await stage?.close()
})

const secrets = {
  room: 'quiet-heron-room-57',
  key: 'k9f3jq0zv8w2mx7c1b5n6t4r',
  name: 'Zephyrine Oldcastle',
  message: 'the pelican flies at midnight 8841',
  request: 'which bridge is unguarded 9127',
  file: 'a-very-private-file-name.txt',
  text: 'confidential paragraph marker 55120',
}

test('a private room tells the server nothing', async () => {
  const url = roomAt(proxy.origin, secrets.room, secrets.key).url(secrets.name)
  const one = await stage.tab('chromium', url)
  const two = await stage.tab('firefox', url)
  await Promise.all([waitForPeers(one, 1), waitForPeers(two, 1)])

  const [mine, theirs] = [await meshOf(one), await meshOf(two)]
  const heard = await theirs.evaluateHandle(mesh => {
    mesh.handle('test.ask', payload => ({ asked: payload as string }))
    const told: unknown[] = []
    mesh.subscribe('test.tell', payload => told.push(payload))
    return told
  })
  const answer = await mine.evaluate(
    async (mesh, { message, request, file, text }, to) => {
      await mesh.broadcast('test.tell', message)
      await mesh.map({
        program: { kind: 'capability', capability: 'text.count-words', options: { top: 5 } },
        inputs: [{ name: file, text: `${text} `.repeat(200) }],
      })
      return mesh.request(to, 'test.ask', request)
    },
    secrets,
    await idOf(two),
  )
  // It was all really said.
  expect(answer).toEqual({ asked: secrets.request })
  await expect.poll(() => heard.jsonValue()).toEqual([secrets.message])

  const seen = proxy.received()
  expect(seen.toString('latin1')).toContain('"kind":"join"') // the recording does hold the signaling, unmasked
  const found = Object.entries(secrets).flatMap(([what, secret]) =>
    [...disguises(secret)].flatMap(([how, bytes]) => (seen.includes(bytes) ? [`${what} in ${how}`] : [])),
  )
  for (const tab of [one, two]) if (seen.includes(await idOf(tab))) found.push('a peer id')
  expect(found).toEqual([])
  expect(stage.server.output()).not.toContain(secrets.room)
})

test('the search finds what is hidden', () => {
  const secret = 'find me if you can'
  const samples = [
    Buffer.from(`xx${secret}yy`),
    Buffer.from(`{"data":"${Buffer.from(`ab${secret}`).toString('base64url')}"}`),
    Buffer.from(Buffer.from(`abcd${secret}!!`).toString('base64')),
    Buffer.from(Buffer.from(secret).toString('hex')),
  ]
  for (const sample of samples) {
    expect([...disguises(secret).values()].some(bytes => sample.includes(bytes))).toBe(true)
  }
})

test('the recording reads masked frames as a server does', () => {
  const mask = Buffer.from([1, 2, 3, 4])
  const masked = Buffer.from('hello').map((byte, index) => byte ^ (mask[index % 4] ?? 0))
  const head = Buffer.from('GET /signal HTTP/1.1\r\nUpgrade: websocket\r\n\r\n')
  const bytes = Buffer.concat([head, Buffer.from([0x81, 0x80 | 5]), mask, masked])
  expect([...unmaskedFrames(bytes)].map(String)).toEqual([head.toString(), 'hello'])
})
