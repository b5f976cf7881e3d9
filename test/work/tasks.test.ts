/** `submit`: to the best peer that can, elsewhere when that one departs, and errors back as values. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { MeshError } from '../../src/base/errors.ts'
import { sourceCapability, type TaskFunction } from '../../src/work/runner.ts'
import { Lab, type LabPeer } from './support/lab.ts'

let lab: Lab
beforeEach(() => {
  lab = new Lab()
})
afterEach(() => lab.close())

/** A capability that says who ran it. */
const naming = (name: string, calls: string[] = []): Record<string, TaskFunction> => ({
  who: async () => {
    calls.push(name)
    return name
  },
})

describe('submit', () => {
  test('runs here what only this peer can, and there what only others can', async () => {
    const ada = lab.join('ada', { capabilities: { double: async input => 2 * (input as number) } })
    const ben = lab.join('ben')
    expect(await ada.work.submit({ capability: 'double', input: 21 })).toBe(42)
    expect(await ben.work.submit({ capability: 'double', input: 4 })).toBe(8)
  })

  test('prefers whoever has the least to do', async () => {
    const ada = lab.join('ada', { capabilities: naming('ada') })
    const ben = lab.join('ben', { capabilities: naming('ben') })
    ada.mesh.announce({ load: { slots: 4, busy: 3 } })
    ben.mesh.announce({ load: { slots: 4, busy: 1 } })
    const cyd = lab.join('cyd')
    expect(await cyd.work.submit({ capability: 'who', input: null })).toBe('ben')
  })

  test('carries bytes as bytes', async () => {
    lab.join('ada', { capabilities: { reverse: async input => (input as Uint8Array).toReversed() } })
    const ben = lab.join('ben')
    expect(await ben.work.submit({ capability: 'reverse', input: Uint8Array.of(1, 2, 3) })).toEqual(
      Uint8Array.of(3, 2, 1),
    )
  })

  test('goes to another peer when the first one departs in the middle', async () => {
    const ran: LabPeer[] = []
    const never: TaskFunction = () => new Promise(() => {})
    const join = (name: string) => {
      const peer: LabPeer = lab.join(name, {
        capabilities: {
          fragile: async (input, signal) => {
            ran.push(peer)
            if (ran.length > 1) return name
            lab.drop(peer)
            return await never(input, signal)
          },
        },
      })
      return peer
    }
    const [ada, ben] = [join('ada'), join('ben')]
    const cyd = lab.join('cyd')
    const answer = await cyd.work.submit({ capability: 'fragile', input: null })
    expect(ran.length).toBe(2)
    expect(answer).toBe(ran[1] === ada ? 'ada' : 'ben')
    expect(new Set(ran)).toEqual(new Set([ada, ben]))
  })

  test('says that no agent can handle what nobody announces', async () => {
    const ada = lab.join('ada')
    lab.join('ben')
    await expect(ada.work.submit({ capability: 'fly', input: null })).rejects.toMatchObject({
      code: 'no-capable-agent',
      message: 'No agent can handle: fly',
    })
  })

  test('brings back what the capability threw, and does not try it elsewhere', async () => {
    const calls: string[] = []
    const failing: TaskFunction = async () => {
      calls.push('call')
      throw new TypeError('no good')
    }
    lab.join('ada', { capabilities: { failing } })
    lab.join('ben', { capabilities: { failing } })
    const cyd = lab.join('cyd')
    await expect(cyd.work.submit({ capability: 'failing', input: null })).rejects.toMatchObject({
      code: 'handler-failed',
      message: 'no good',
    })
    expect(calls.length).toBe(1)
  })

  test('tries elsewhere when a peer has too much to do', async () => {
    lab.join('ada', { capabilities: { busy: async () => Promise.reject(new MeshError('overloaded', 'full')) } })
    const cyd = lab.join('cyd', { capabilities: { busy: async () => 'cyd had time' } })
    cyd.mesh.announce({ load: { slots: 1, busy: 1 } })
    const ben = lab.join('ben')
    expect(await ben.work.submit({ capability: 'busy', input: null })).toBe('cyd had time')
  })

  test('ends with its time, and when it is given up', async () => {
    const slow: TaskFunction = () => new Promise(() => {})
    const ada = lab.join('ada', { capabilities: { slow } })
    await expect(ada.work.submit({ capability: 'slow', input: null, timeoutMs: 20 })).rejects.toMatchObject({
      code: 'timeout',
    })
    const ben = lab.join('ben')
    const giveUp = new AbortController()
    const running = ben.work.submit({ capability: 'slow', input: null, signal: giveUp.signal })
    giveUp.abort()
    await expect(running).rejects.toMatchObject({ code: 'aborted' })
  })

  test('calls a built-in capability with one text', async () => {
    const ada = lab.join('ada')
    expect(await ada.work.submit({ capability: 'text.count-words', input: 'a b a' })).toMatchObject({
      words: 3,
      distinct: 2,
    })
    const grep = { text: 'one\ntwo', options: { pattern: 't' } }
    expect(await ada.work.submit({ capability: 'text.grep', input: grep })).toMatchObject({
      count: 1,
      hits: [{ line: 2 }],
    })
    await expect(ada.work.submit({ capability: 'text.grep', input: 5 })).rejects.toMatchObject({ code: 'malformed' })
  })

  test('announces its capabilities, never the sandbox of a peer that has none', () => {
    const ada = lab.join('ada', { capabilities: naming('ada') })
    expect(ada.mesh.info.capabilities).toEqual(['text.count-words', 'text.grep', 'who'])
    expect(ada.mesh.info.capabilities).not.toContain(sourceCapability)
  })
})
