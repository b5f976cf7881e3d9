/** Typed source of others: runs only where somebody said so, and nobody waits for the answer. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { type Reducer, type Runner, sourceCapability } from '../../../src/work/runner.ts'
import type { JobProgram, JobSpec } from '../../../src/work/types.ts'
import { ended, Lab, type LabPeer, until, viewAt } from '../support/lab.ts'

let lab: Lab
beforeEach(() => {
  lab = new Lab()
})
afterEach(() => lab.close())

const program: JobProgram = { kind: 'source', map: 'text => text.length', reduce: 'sum' }
const inputs = Array.from({ length: 12 }, (_, at) => ({ name: `${at}`, text: 'x'.repeat(30_000) }))

/** As if it ran the source: counts bytes. It waits at a gate first. */
function sourceRunner(gate: Promise<void>) {
  let mapped = 0
  const runner: Runner = {
    slots: 1,
    capabilities: [sourceCapability],
    check: async () => {},
    async map({ pieces }) {
      await gate
      mapped++
      return new TextEncoder().encode(String(pieces.reduce((sum, { bytes }) => sum + bytes.length, 0)))
    },
    reducer(): Reducer {
      const sums = new Map<number, number>()
      return {
        add: async (shard, partial) => void sums.set(shard, Number(new TextDecoder().decode(partial))),
        finish: async () => new TextEncoder().encode(String([...sums.values()].reduce((a, b) => a + b, 0))),
        close() {},
      }
    },
    close() {},
  }
  return { runner, mapped: () => mapped }
}

describe('typed source', { timeout: 60_000 }, () => {
  test('runs at its submitter unasked, at others only if they agree, once asked per job', async () => {
    let openGate = () => {}
    const gate = new Promise<void>(resolve => {
      openGate = resolve
    })
    const asked: JobSpec[] = []
    let agree: (isAllowed: boolean) => void = () => {}
    const [own, agreeing, refusing, silent] = Array.from({ length: 4 }, () => sourceRunner(gate))
    if (!own || !agreeing || !refusing || !silent) throw new Error('nobody')
    const ada = lab.join('ada', { runner: own.runner })
    const ben = lab.join('ben', {
      runner: agreeing.runner,
      allowSource: spec => {
        asked.push(spec)
        return new Promise(resolve => {
          agree = resolve
        })
      },
    })
    const cyd = lab.join('cyd', { runner: refusing.runner, allowSource: () => false })
    const dan = lab.join('dan', { runner: silent.runner })
    const id = await ada.work.startJob({ program, inputs })
    await until('asked', () => asked.length > 0)
    expect(asked[0]).toMatchObject({ submittedBy: ada.mesh.id, program })
    agree(true)
    await until('ben at work', () =>
      viewAt(ada, id)?.perPeer.some(({ name, running }) => name === 'ben' && running > 0),
    )
    openGate()
    for (const peer of [ada, ben, cyd, dan]) expect((await ended(peer, id)).result).toBe(360_000)
    expect(asked.length).toBe(1)
    expect(refusing.mapped() + silent.mapped()).toBe(0)
    expect(own.mapped()).toBeGreaterThan(0)
    expect(agreeing.mapped()).toBeGreaterThan(0)
  })

  test('is coordinated and retried by nobody who has not agreed', async () => {
    const never = new Promise<void>(() => {})
    const ada = lab.join('ada', { runner: sourceRunner(never).runner })
    const [ben, cyd] = [false, true].map((isAllowed, at) =>
      lab.join(`${at}`, { runner: sourceRunner(Promise.resolve()).runner, allowSource: () => isAllowed }),
    ) as [LabPeer, LabPeer]
    const id = await ada.work.startJob({ program, inputs })
    await until('safe', () => viewAt(cyd, id)?.safeToClose && viewAt(ben, id))
    await expect(ben.work.retryJob(id)).rejects.toMatchObject({ code: 'no-capable-agent' })
    expect(ben.mesh.id < cyd.mesh.id).toBe(true) // it would be first in line
    lab.drop(ada)
    const view = await ended(ben, id)
    expect(view).toMatchObject({ state: 'done', result: 360_000, coordinator: cyd.mesh.id })
    expect(view.perPeer.map(({ name }) => name)).toEqual(['1'])
  })
})
