/** What is written of a room: who is here, who is away and for how long, how it is linked; and that a room at rest writes nothing. */
import { describe, expect, test } from 'vitest'
import type { PeerId } from '../../../src/base/ids.ts'
import type { Json } from '../../../src/base/json.ts'
import {
  agentKeptBytesMax,
  agentsKeptBytesMax,
  agentsKeptMax,
  awayMsMax,
  changeBytesPerWriteMax,
  changesPerWriteMax,
  topologyBytesMax,
  topologyIntervalMs,
  unnamedMs,
} from '../../../src/consensus/keeping/limits.ts'
import {
  agentsPrefix,
  awayAgents,
  KeptReader,
  topologyKey,
  topologyOf,
} from '../../../src/consensus/keeping/records.ts'
import { type Change, keepState, type RoomNow } from '../../../src/consensus/keeping/state.ts'
import { step } from '../../../src/consensus/keeping/step.ts'
import type { AgentInfo } from '../../../src/mesh/registry/types.ts'
import { Sfc32 } from '../../../src/simulator/world/random.ts'

const startMs = 1_700_000_000_000

/** A register that holds what is written, and a room in which peers come and go. */
class Lab {
  readonly cells = new Map<string, { value: Json; version: number }>()
  readonly peers = new Map<string, AgentInfo[]>()
  links: [string, string][] = []
  atMs = startMs
  state = keepState()
  readonly #reader = new KeptReader()
  #version = 0

  come(name: string, ...guests: string[]): void {
    this.peers.set(name, [agentOf(name, name, this.atMs), ...guests.map(guest => agentOf(name, `${name}/${guest}`, 5))])
  }

  get kept() {
    const all = [...this.cells].map(([key, { value, version }]) => ({ key, value, version }))
    const agents = all.filter(({ key }) => key.startsWith(agentsPrefix))
    return this.#reader.read(
      agents,
      all.find(({ key }) => key === topologyKey),
    )
  }

  get room(): RoomNow {
    return {
      peers: [...this.peers.keys()].map(name => ({ id: name as PeerId, name })),
      agents: [...this.peers.values()].flat(),
      links: this.links.map(([one, other]) => ({ between: [one as PeerId, other as PeerId], kind: 'webrtc' })),
    }
  }

  look(ms = 1_000): Change[] {
    this.atMs += ms
    const changes = step(this.state, { nowMs: this.atMs, monotonicMs: this.atMs, room: this.room, kept: this.kept })
    for (const { key, expected, value } of changes) {
      expect(JSON.stringify(this.cells.get(key)?.value), key).toBe(JSON.stringify(expected))
      const copy = JSON.parse(JSON.stringify(value ?? null)) as Json
      if (value === undefined) this.cells.delete(key)
      else this.cells.set(key, { value: copy, version: ++this.#version })
    }
    return changes
  }

  /** Looks until nothing is left to write. */
  rest(): number {
    let writes = 0
    for (let quiet = 0; quiet < 3; quiet = this.look().length > 0 ? 0 : quiet + 1)
      if (++writes > 500) throw new Error('for ever')
    return writes
  }

  get ids(): string[] {
    return this.kept.agents.map(({ key }) => key.slice(agentsPrefix.length)).sort()
  }

  away(id: string): number | undefined {
    return this.kept.agents.find(({ key }) => key === agentsPrefix + id)?.agent?.awaySinceMs
  }
}

function agentOf(peer: string, id: string, sinceMs: number, capabilities = ['vote']): AgentInfo {
  const state = 'idle' as const
  return {
    id,
    peer: peer as PeerId,
    isPeer: id === peer,
    name: id,
    type: 'worker',
    capabilities,
    region: 'eu',
    state,
    sinceMs,
  }
}

describe('agents', () => {
  test('who is here is kept, once, and nothing is written as long as nothing changes', () => {
    const lab = new Lab()
    lab.come('ada', 'vera')
    lab.come('bob')
    expect(lab.look().map(({ key }) => key)).toEqual([
      'tabmesh/agents/ada',
      'tabmesh/agents/bob',
      'tabmesh/agents/ada/vera',
    ])
    expect(lab.cells.get('tabmesh/agents/ada/vera')?.value).toEqual({
      name: 'ada/vera',
      type: 'worker',
      capabilities: ['vote'],
      region: 'eu',
      sinceMs: 5,
    })
    for (let looks = 0; looks < 1_000; looks++) expect(lab.look(60_000)).toEqual([])
  })

  test('a new leader that saw peers join at other times, and load and state that change, write nothing', () => {
    const lab = new Lab()
    lab.come('ada', 'vera')
    lab.rest()
    const [ada, vera] = lab.peers.get('ada') as [AgentInfo, AgentInfo]
    lab.peers.set('ada', [
      { ...ada, sinceMs: 77, state: 'busy' },
      { ...vera, state: 'suspect' },
    ])
    lab.state = keepState()
    expect(lab.look()).toEqual([])
    lab.peers.set('ada', [{ ...ada, name: 'Ada the second' }, vera])
    expect(lab.look()).toHaveLength(1)
  })

  test('whose peer goes stays as away, comes back as itself, and is forgotten after a day', () => {
    const lab = new Lab()
    lab.come('ada', 'vera')
    lab.come('bob')
    lab.rest()
    lab.peers.delete('ada')
    expect(lab.look()).toHaveLength(2)
    const sinceMs = lab.atMs
    expect([lab.away('ada'), lab.away('ada/vera'), lab.away('bob')]).toEqual([sinceMs, sinceMs, undefined])
    lab.look(awayMsMax / 2)
    lab.come('ada', 'vera')
    lab.rest()
    expect([lab.away('ada'), lab.away('ada/vera')]).toEqual([undefined, undefined])
    lab.peers.delete('ada')
    lab.rest()
    expect(lab.look(awayMsMax - 10_000)).toEqual([])
    expect(lab.look(10_000).map(({ value }) => value)).toEqual([undefined, undefined])
    expect(lab.ids).toEqual(['bob'])
    expect(lab.rest()).toBe(3)
  })

  test('what a peer that is here names no more is forgotten, but not in the moment in which it comes back', () => {
    const lab = new Lab()
    lab.come('ada', 'vera', 'max')
    lab.come('bob')
    lab.rest()
    lab.peers.delete('ada')
    lab.rest()
    lab.come('ada') // word of its agents comes later
    lab.look()
    expect(lab.ids).toEqual(['ada', 'ada/max', 'ada/vera', 'bob'])
    lab.come('ada', 'vera')
    lab.look(unnamedMs - 1)
    expect(lab.ids).toEqual(['ada', 'ada/max', 'ada/vera', 'bob'])
    lab.look(1)
    expect(lab.ids).toEqual(['ada', 'ada/vera', 'bob'])
  })

  test('a mark from a clock far ahead keeps nobody for ever, and what makes no sense goes', () => {
    const lab = new Lab()
    lab.come('bob')
    const ahead = { name: 'x', type: 'worker', capabilities: [], sinceMs: 1, awaySinceMs: startMs + 1_000 * awayMsMax }
    lab.cells.set('tabmesh/agents/eve', { value: ahead, version: 1 })
    lab.cells.set('tabmesh/agents/mal', { value: { name: 7 }, version: 2 })
    lab.rest()
    expect(lab.ids).toEqual(['bob', 'eve'])
    lab.look(awayMsMax)
    expect(lab.ids).toEqual(['bob'])
  })

  test('what is kept and what is written at once is bounded: who is here before who is away, who left later before who left earlier', () => {
    const lab = new Lab()
    const names = Array.from({ length: agentsKeptMax + 100 }, (_, at) => `p${String(at).padStart(4, '0')}`)
    for (const name of names.slice(0, 300)) lab.come(name)
    const first = lab.look()
    expect(first.length).toBe(changesPerWriteMax)
    lab.rest()
    for (const name of names.slice(0, 300)) {
      lab.peers.delete(name)
      if (name.endsWith('9')) lab.rest() // some left later
    }
    for (const name of names.slice(300)) lab.come(name)
    lab.rest()
    const here = names.slice(300)
    expect(here.every(name => lab.ids.includes(name))).toBe(true)
    expect(lab.ids).toHaveLength(agentsKeptMax)
    const left = names.slice(0, 300).filter(name => lab.ids.includes(name))
    expect(left).toEqual(names.slice(300 - left.length, 300))
  })

  test('an agent of many words is kept without some of them, and all together stay within their bytes', () => {
    const lab = new Lab()
    const many = Array.from({ length: 64 }, (_, at) => `${at} ${'x'.repeat(120)}`)
    for (let at = 0; at < 200; at++) lab.peers.set(`p${at}`, [agentOf(`p${at}`, `p${at}`, 1, many)])
    let largest = 0
    for (let looks = 0; looks < 20; looks++) largest = Math.max(largest, JSON.stringify(lab.look()).length)
    expect(largest).toBeLessThan(changeBytesPerWriteMax + 8_192)
    const texts = [...lab.cells.values()].map(({ value }) => JSON.stringify(value).length)
    expect(Math.max(...texts)).toBeLessThanOrEqual(agentKeptBytesMax)
    expect(Math.max(...texts)).toBeGreaterThan(agentKeptBytesMax / 2)
    expect(texts.reduce((sum, bytes) => sum + bytes, 0)).toBeLessThanOrEqual(agentsKeptBytesMax)
    expect(texts.length).toBeGreaterThan(30)
  })
})

describe('topology', () => {
  function linked() {
    const lab = new Lab()
    for (const name of ['ada', 'bob', 'cyd']) lab.come(name)
    lab.links = [
      ['bob', 'ada'],
      ['ada', 'bob'],
      ['cyd', 'bob'],
      ['cyd', 'zoe'],
    ]
    return lab
  }
  const linksOf = (lab: Lab) => topologyOf(lab.kept)?.links.map(({ between }) => between.join('-'))

  test('is kept once it has stood still for a look, each link once, without those who are not here', () => {
    const lab = linked()
    expect(lab.look().map(({ key }) => key)).not.toContain(topologyKey)
    expect(lab.look().map(({ key }) => key)).toEqual([topologyKey])
    expect(linksOf(lab)).toEqual(['ada-bob', 'bob-cyd'])
    expect(topologyOf(lab.kept)).toMatchObject({ atMs: lab.atMs, peers: [{ id: 'ada', name: 'ada' }, {}, {}] })
    for (let looks = 0; looks < 100; looks++) expect(lab.look(topologyIntervalMs)).toEqual([])
  })

  test('is written at most so often, though links come and go all the time', () => {
    const lab = linked()
    lab.rest()
    let writes = 0
    for (let looks = 0; looks < 600; looks++) {
      if (looks % 2 === 0) lab.links = looks % 4 ? [['ada', 'bob']] : [['bob', 'cyd']]
      writes += lab.look().length
    }
    expect(writes).toBeGreaterThan(5)
    expect(writes).toBeLessThanOrEqual(600_000 / topologyIntervalMs + 1)
  })

  test('stays as it was when a tab is left alone', () => {
    const lab = linked()
    lab.rest()
    lab.peers.delete('ada')
    lab.peers.delete('bob')
    lab.links = []
    lab.look(topologyIntervalMs)
    lab.rest()
    expect(linksOf(lab)).toEqual(['ada-bob', 'bob-cyd'])
  })

  test('of a huge room is cut, always in the same way', () => {
    const lab = new Lab()
    const names = Array.from({ length: 400 }, (_, at) => `12D3KooW${String(at).padStart(44, '0')}`)
    for (const name of names) lab.come(name)
    for (const [at, name] of names.entries())
      for (let step = 1; step <= 8; step++) lab.links.push([name, names[(at + step) % names.length] as string])
    lab.rest()
    const before = lab.cells.get(topologyKey)?.value
    expect(JSON.stringify(before).length).toBeLessThan(topologyBytesMax + 100)
    lab.links.reverse()
    lab.look(topologyIntervalMs)
    lab.rest()
    expect(lab.cells.get(topologyKey)?.value).toEqual(before)
  })
})

test('away are those whose peers are not here, the latest first', () => {
  const lab = new Lab()
  for (const name of ['ada', 'bob', 'cyd']) lab.come(name, 'guest')
  lab.rest()
  for (const name of ['bob', 'ada']) {
    lab.peers.delete(name)
    lab.rest()
  }
  const away = (...here: string[]) => awayAgents(lab.kept, new Set(here as PeerId[])).map(({ id }) => id)
  expect(away('cyd')).toEqual(['ada', 'ada/guest', 'bob', 'bob/guest'])
  expect(away('cyd', 'ada')).toEqual(['bob', 'bob/guest'])
  expect(away()).toEqual(['cyd', 'cyd/guest', 'ada', 'ada/guest', 'bob', 'bob/guest']) // nobody has noticed yet that cyd went
  expect(awayAgents(lab.kept, new Set())[1]).toMatchObject({ peer: 'cyd', isPeer: false, state: 'away', region: 'eu' })
})

test('any comings and goings end in a room at rest that is kept as it is', () => {
  for (let seed = 1; seed <= 200; seed++) {
    const random = new Sfc32(seed, 'keeping')
    const below = (limit: number) => Math.floor(random.next() * limit)
    const lab = new Lab()
    for (let turn = 0; turn < 60; turn++) {
      const name = `p${below(6)}`
      const pick = random.next()
      if (pick < 0.4) lab.come(name, ...['a', 'b'].slice(below(3)))
      else if (pick < 0.7) lab.peers.delete(name)
      else if (pick < 0.8)
        lab.state = keepState() // another leader
      else lab.links = Array.from({ length: below(5) }, () => [`p${below(6)}`, `p${below(6)}`])
      lab.look(below(20_000))
    }
    lab.look(unnamedMs)
    lab.look(topologyIntervalMs)
    lab.rest()
    const here = [...lab.peers.values()].flat().map(({ id }) => id)
    for (const { key, agent } of lab.kept.agents)
      expect(agent?.awaySinceMs === undefined, `seed ${seed}, ${key}`).toBe(
        here.includes(key.slice(agentsPrefix.length)),
      )
    expect(lab.ids).toEqual(expect.arrayContaining(here))
    expect(lab.look(60_000), `seed ${seed}`).toEqual([])
  }
})
