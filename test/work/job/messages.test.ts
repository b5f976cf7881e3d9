/** What comes from outside: anything may come, nothing may throw, and only what is whole gets in. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { MeshError } from '../../../src/base/errors.ts'
import type { PeerId } from '../../../src/base/ids.ts'
import { parseRefusal, parseStatus } from '../../../src/work/job/messages.ts'
import { encodeSpec, jobIdOf, parseSpec } from '../../../src/work/job/spec.ts'
import * as limits from '../../../src/work/limits.ts'
import type { JobSpec } from '../../../src/work/types.ts'

const hash = 'a'.repeat(64)
const status = {
  job: '0'.repeat(32),
  fence: 1,
  coordinator: 'peer',
  session: 'session',
  version: 3,
  phase: 'running',
  shardsDone: 2,
  perPeer: [{ peer: 'peer', name: 'Ada', running: 1, done: 2, bytes: 10 }],
  safeToClose: false,
  retries: 0,
}

/** Any JSON value with one of its parts replaced, removed or added. */
const mangled = (value: object) =>
  fc.tuple(fc.constantFrom(...Object.keys(value)), fc.jsonValue(), fc.boolean()).map(([key, other, isRemoved]) => {
    const copy: Record<string, unknown> = { ...structuredClone(value) }
    if (isRemoved) delete copy[key]
    else copy[key] = other
    return copy
  })

describe('a status', () => {
  test('gets in as it is', () => {
    expect(parseStatus(status)).toEqual(status)
    const done = { ...status, phase: 'done', finishedAtMs: 5, result: { hash, bytes: 2, inline: '{}' } }
    expect(parseStatus(done)).toEqual(done)
  })

  test('never throws, whatever comes, and lets in only what has its form', () => {
    fc.assert(
      fc.property(fc.oneof(fc.jsonValue(), mangled(status)), value => {
        const parsed = parseStatus(value)
        if (parsed instanceof MeshError) expect(parsed.code).toBe('malformed')
        else expect(parsed).toEqual(value)
      }),
      { numRuns: 2_000 },
    )
  })

  test.each([
    ['another key', { ...status, extra: 1 }],
    ['a negative fence', { ...status, fence: -1 }],
    ['a fence beyond what counts exactly', { ...status, fence: 2 ** 53 }],
    ['done without a result', { ...status, phase: 'done' }],
    ['a result without being done', { ...status, result: { hash, bytes: 1 } }],
    ['too large a result', { ...status, phase: 'done', result: { hash, bytes: limits.resultBytesMax + 1 } }],
    ['too many peers', { ...status, perPeer: Array(limits.peersInStatusMax + 1).fill(status.perPeer[0]) }],
    ['too long an error', { ...status, error: { code: 'x', message: 'x'.repeat(limits.errorCharsMax + 1) } }],
    ['a job id that is none', { ...status, job: '../' }],
  ])('is refused with %s', (_, value) => {
    expect(parseStatus(value)).toMatchObject({ code: 'malformed' })
  })
})

test('a refusal never throws, whatever comes', () => {
  expect(parseRefusal({ status: 'busy' })).toEqual({ status: 'busy' })
  fc.assert(
    fc.property(fc.oneof(fc.jsonValue(), mangled({ status: 'failed', error: { code: 'a', message: 'b' } })), value => {
      const parsed = parseRefusal(value)
      if (!(parsed instanceof MeshError)) expect(parsed).toEqual(value)
    }),
  )
})

describe('a job', () => {
  const rest: Omit<JobSpec, 'id'> = {
    title: 'Words',
    submittedBy: 'peer' as PeerId,
    submittedAtMs: 1,
    program: { kind: 'capability', capability: 'text.count-words', options: { top: 3 } },
    inputs: [{ name: 'a.txt', bytes: 3, blocks: [{ hash: hash as never, bytes: 3, lines: 1 }] }],
    shardTimeoutMs: 1_000,
  }
  const withId = async (spec: object) => {
    const whole = spec as Omit<JobSpec, 'id'>
    return encodeSpec({ id: await jobIdOf(whole), ...whole })
  }

  test('gets in under its own id only', async () => {
    const bytes = await withId(rest)
    expect(await parseSpec(bytes)).toMatchObject({ title: 'Words' })
    const changed = new TextEncoder().encode(new TextDecoder().decode(bytes).replace('Words', 'Wards'))
    expect(await parseSpec(changed)).toMatchObject({ code: 'malformed', message: 'a job is not what its id says' })
  })

  test('never throws, whatever comes', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.oneof(
          mangled(rest),
          fc.uint8Array().map(bytes => ({ bytes: [...bytes] })),
        ),
        async value => {
          const parsed = await parseSpec(await withId(value))
          if (parsed instanceof MeshError) expect(parsed.code).toBe('malformed')
          else expect(parsed).toMatchObject(JSON.parse(JSON.stringify(value))) // JSON has no -0
        },
      ),
    )
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 200 }), async bytes => {
        expect(await parseSpec(bytes)).toMatchObject({ code: 'malformed' })
      }),
    )
  })

  const block = { hash, bytes: limits.blockBytesMax, lines: 0 }
  test.each<[string, object]>([
    [
      'an input that is not the sum of its blocks',
      { inputs: [{ name: 'a', bytes: 4, blocks: [{ ...block, bytes: 3 }] }] },
    ],
    [
      'a block that is too large',
      { inputs: [{ name: 'a', bytes: block.bytes + 1, blocks: [{ ...block, bytes: block.bytes + 1 }] }] },
    ],
    ['an empty block', { inputs: [{ name: 'a', bytes: 0, blocks: [{ ...block, bytes: 0 }] }] }],
    ['more than 200 MB', { inputs: [{ name: 'a', bytes: 201 * block.bytes, blocks: Array(201).fill(block) }] }],
    [
      'source that is too long',
      { program: { kind: 'source', map: 'x'.repeat(limits.sourceBytesMax + 1), reduce: '' } },
    ],
    [
      'options that are too long',
      { program: { kind: 'capability', capability: 'a', options: 'x'.repeat(limits.optionsBytesMax) } },
    ],
    ['no time at all', { shardTimeoutMs: 0 }],
    ['too much time', { shardTimeoutMs: limits.shardTimeoutMsMax + 1 }],
  ])('is refused with %s', async (_, change) => {
    expect(await parseSpec(await withId({ ...rest, ...change }))).toMatchObject({ code: 'malformed' })
  })
})
