/** Each command over a real room in this process: what it does, and what it says. */
import { afterEach, beforeEach, describe, expect, expectTypeOf, test, vi } from 'vitest'
import type { CommandMesh } from '../../src/command/index.ts'
import { commands, runLine } from '../../src/command/index.ts'
import type { MeshHandle } from '../../src/engine/handle.ts'
import { until } from '../consensus/decisions/support/deciding-room.ts'
import { type Commanded, CommandRoom, done, say } from './support/command-room.ts'

vi.setConfig({ testTimeout: 30_000 }) // real clocks, and a machine that does other things

let room: CommandRoom
beforeEach(() => {
  room = new CommandRoom()
})
afterEach(() => room.close())

const other = () => room.all.find(one => one !== room.leading) as Commanded
const leading = () => room.leading as Commanded

describe('in a room of three', () => {
  beforeEach(async () => {
    await room.of('Ada', 'Bob', 'Cyd')
  })

  test('consensus status says who leads, what this tab does, and who votes', async () => {
    const { text, data } = await done(other(), 'consensus status')
    expect(text).toMatch(new RegExp(`Leader +${leading().name}, term \\d`))
    expect(text).toMatch(/This tab +follower …/)
    expect(text).toMatch(/Quorum +3 voters: needs 2, tolerates 1; 3 can be seen from here/)
    expect(text).toContain(`${other().name} (this tab)`)
    expect(text.match(/^ {2}voter/gm)).toHaveLength(3)
    expect(data).toMatchObject({ state: 'ready', leader: { host: leading().mesh.id, name: leading().name } })
    const own = (await done(leading(), 'consensus status')).text
    expect(own).toMatch(/This tab +leader …/)
    expect(own).toMatch(/Elections, latest first\n {2}term \d/) // whoever came later knows of none
  })

  test('consensus verify-quorum names who answered, and who did not', async () => {
    const { text } = await done(other(), 'consensus verify-quorum')
    expect(text).toMatch(/^3 voters: needs 2, tolerates 1\.\n3 voters answered, 2 needed: /)
    for (const { name } of room.all) expect(text).toContain(name)
    expect(text).not.toContain('Silent')
    const gone = room.all.find(one => one !== leading()) as Commanded
    const asking = room.all.find(one => one !== leading() && one !== gone) as Commanded
    room.deciding.crash(gone)
    room.all.splice(room.all.indexOf(gone), 1)
    expect((await done(asking, 'consensus verify-quorum')).text).toMatch(/2 voters answered, 2 needed: .*\nSilent: /)
  })

  test('without a quorum verify-quorum says so, and who led leads no more', async () => {
    const last = leading()
    for (const one of room.all.filter(one => one !== last)) room.deciding.crash(one)
    const outcome = await say(last, 'consensus verify-quorum')
    expect(outcome).toMatchObject({ isDone: false, code: 'no-quorum' })
    expect(outcome.text).toMatch(/3 voters: needs 2.*`consensus status` shows which are missing/)
    expect(last.service.leader).toBeUndefined()
  })

  test('consensus step-down hands over, to whom it says, asked by anybody', async () => {
    const [former, heir] = [leading(), other()]
    const asking = room.all.find(one => one !== former && one !== heir) as Commanded
    const { text, data } = await done(asking, `consensus step-down --to ${heir.name}`)
    expect(text).toMatch(
      new RegExp(`^${former.name} stepped down\\. ${heir.name} leads in term \\d+, and a quorum follows\\.$`),
    )
    expect(data).toMatchObject({ leader: { host: heir.mesh.id } })
    await until(() => room.leading === heir, 'all follow')
    expect((await done(former, 'consensus step-down')).text).toContain(`${heir.name} stepped down`)
  })

  test.each([
    ['--to Nobody', 'no-such-peer', /Nobody here is called “Nobody”.*`peers` lists/],
    ['--to LEADER', 'invalid-option', /another voter/],
    ['--agent FOLLOWER', 'invalid-option', /does not lead/],
  ])('consensus step-down %s is refused', async (options, code, words) => {
    const line = options.replace('LEADER', leading().name).replace('FOLLOWER', other().name)
    const { term } = leading().service.leader ?? {}
    const outcome = await say(other(), `consensus step-down ${line}`)
    expect(outcome).toMatchObject({ isDone: false, code, text: expect.stringMatching(words) })
    expect(leading().service.leader?.term).toBe(term)
  })

  test('consensus config shows the clocks, and changes them for all', async () => {
    expect((await done(other(), 'consensus config')).text).toMatch(
      /Clocks +lab: heartbeat 50 ms, election 150 to 300 ms/,
    )
    const { text } = await done(other(), 'consensus config --timing internet')
    expect(text).toMatch(
      /^Changed for the whole room\.\n\nClocks +internet: heartbeat 250 ms, election 1,500 to 3,000 ms/,
    )
    await until(() => room.all.every(({ service }) => service.view.timing.preset === 'internet'), 'all keep it')
    await done(leading(), 'consensus config --timing lab --heartbeat-interval 40 --election-timeout 200')
    await until(() => room.all.every(({ service }) => service.view.timing.electionMs === 200), 'and this')
  })

  test('consensus config checks the size of a quorum, and changes it for nobody', async () => {
    expect((await done(other(), 'consensus config --quorum-size 2')).text).toContain('3 voters: needs 2')
    const outcome = await say(other(), 'consensus config --quorum-size 1')
    expect(outcome).toMatchObject({ isDone: false, code: 'invalid-option', text: expect.stringContaining('majority') })
  })

  test('clocks that could not work are refused', async () => {
    const outcome = await say(other(), 'consensus config --heartbeat-interval 100')
    expect(outcome).toMatchObject({
      isDone: false,
      code: 'invalid-option',
      text: expect.stringContaining('twice heartbeatMs'),
    })
  })

  test('peers, peers ping and swarm status tell who is here', async () => {
    const names = room.all.filter(one => one !== leading()).map(({ name }) => name)
    const { text } = await done(leading(), 'peers')
    for (const name of names) expect(text).toMatch(new RegExp(`^${name} +alive`, 'm'))
    expect((await done(leading(), 'peers ping')).text).toMatch(/^2 of 2 answered\.\n {2}\w+ +[\d.]+ ms/)
    const status = (await done(leading(), 'swarm status --verbose')).text
    expect(status).toMatch(/Health +healthy/)
    expect(status).toMatch(/Peers +2 others, 2 links/)
    expect(status).toContain(`${leading().name} (this tab) leads in term`)
    expect(status).toMatch(new RegExp(`^${names[0]} +alive`, 'm'))
  })

  test('agent metrics tells how many can be reached', async () => {
    expect((await done(leading(), 'metrics')).text).toMatch(/Connectivity +100 %: 2 of 2/)
    expect((await done(leading(), 'agent metrics --metric throughput')).text).toMatch(
      /^Throughput +.* sent, .* received$/,
    )
  })

  test('faults are listed and healed', async () => {
    await room.all[0]?.mesh.faults.request({ kind: 'delay', target: 'all', ms: 5 })
    const first = room.all[0] as Commanded
    expect((await done(first, 'faults list')).text).toMatch(/delay +this peer +by Ada \(this tab\)/)
    expect((await done(first, 'faults heal')).text).toMatch(/^1 fault healed\./)
    expect((await done(first, 'faults list')).text).toBe('Nothing is broken on purpose.')
    expect((await done(first, 'faults heal')).text).toMatch(/^There was nothing to heal here/)
  })

  test('the register is written and read from any peer', async () => {
    // The room's own records, such as its agents, may have taken the first versions.
    expect((await done(other(), 'decisions set room/owner "Brisk Otter"')).text).toMatch(
      /^Decided: room\/owner = "Brisk Otter", version \d+\.$/,
    )
    await done(leading(), 'decisions set limits {"agents": 12}')
    expect((await done(leading(), 'decisions get room/owner')).text).toBe('"Brisk Otter"')
    expect((await done(leading(), 'decisions list')).text).toMatch(/^limits +\{"agents":12\} +version \d+\nroom\/owner/)
    expect((await done(leading(), 'decisions list nothing/')).text).toBe('No key begins with “nothing/”.')
    await done(other(), 'decisions delete limits')
    expect((await done(other(), 'decisions get limits')).text).toBe('“limits” is not there.')
    expect((await done(other(), 'decisions propose {"assigned_to": "node-3"}')).text).toMatch(
      /^Decided as entry \d+ of term \d+\.$/,
    )
  })
})

test('the public handle is all that commands need', () => expectTypeOf<MeshHandle>().toExtend<CommandMesh>())

describe('alone', () => {
  beforeEach(async () => {
    await room.of('Ada')
  })
  const ada = () => room.all[0] as Commanded

  test('there is nobody to hand over to', async () => {
    const outcome = await say(ada(), 'consensus step-down')
    expect(outcome).toMatchObject({ isDone: false, text: expect.stringMatching(/^No other voter can take over\./) })
  })

  test('agents are registered, several at once, and listed', async () => {
    expect((await done(ada(), 'agent spawn --type validator --name judge --count 3')).text).toMatch(
      /^3 agents registered\.\njudge-1 +validator/,
    )
    expect((await done(ada(), 'agent list --type validator')).data).toHaveLength(3)
    expect((await done(ada(), 'agent list --capability none')).text).toBe('No agent is like that.')
  })

  test('gossip is shown and changed', async () => {
    expect((await done(ada(), 'gossip config')).text).toMatch(/^Fanout +3 peers each round/)
    const { text, data } = await done(ada(), 'gossip config --fanout 5 --interval 50 --anti-entropy-interval 10000')
    expect(text).toMatch(/^Changed at this peer\.\n\nFanout +5/)
    expect(data).toMatchObject({ settings: { fanout: 5, interval: 50, antiEntropyInterval: 10_000 } })
  })

  test('memory is stored and retrieved by namespace', async () => {
    await done(ada(), 'memory store leader {"term": 5} --namespace mesh')
    expect((await done(ada(), 'memory retrieve leader --namespace mesh')).data).toMatchObject({ value: { term: 5 } })
    expect((await done(ada(), 'memory retrieve leader')).text).toBe('Nothing is remembered under leader in default.')
  })

  test('the log is told, by kind and number', async () => {
    const { text, data } = await done(ada(), 'logs tail --filter decision --lines 1')
    expect(data).toMatchObject([{ kind: 'decision' }])
    expect(text).toMatch(/^\d\d:\d\d:\d\d\.\d{3} {2}decision {2}/)
  })

  test('--json gives the data of any command', async () => {
    const { text, data } = await done(ada(), 'consensus status --json')
    expect(JSON.parse(text)).toEqual(JSON.parse(JSON.stringify(data)))
  })

  test('who stops waiting is told that it may have happened', async () => {
    const controller = new AbortController()
    const outcome = runLine(commands, ada().handle, 'decisions set a 1', { signal: controller.signal })
    controller.abort()
    expect(await outcome).toMatchObject({ isDone: false, code: 'aborted' })
    const gone = await runLine(commands, ada().handle, 'consensus verify-quorum', { signal: AbortSignal.abort() })
    expect(gone).toMatchObject({ isDone: false, code: 'aborted' })
  })
})
