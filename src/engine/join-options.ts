/** The options of `joinMesh`, checked with messages for whoever wrote them. By hand: the page before the console must stay small. */
import { MeshError } from '../base/errors.ts'
import type { Payload } from '../base/json.ts'
import type { PresetName } from '../mesh/presets.ts'
import type { JobSpec } from '../work/types.ts'
import type { StartConfig } from './protocol.ts'
import type { MeshSnapshot } from './snapshot.ts'

/** A function this tab offers to the mesh; it runs on the page. */
export type CapabilityFunction = (
  input: Payload,
  context: { readonly signal: AbortSignal },
) => Payload | Promise<Payload>

export interface JoinOptions {
  /** 1 to 64 characters. */
  readonly room: string
  /** Makes the room private: only who has it gets in. Without it anybody who knows the name may join. */
  readonly secret?: string
  /** What others see; a friendly one is made where it is absent. At most 64 characters. */
  readonly name?: string
  readonly capabilities?: Readonly<Record<string, CapabilityFunction>>
  /** WebSocket URL of the signaling server; default `/signal` where the page came from. */
  readonly signaling?: string
  /** For RTCPeerConnection; peers on different networks need STUN, and behind strict NATs TURN. Default none. */
  readonly iceServers?: RTCIceServer[]
  /** What this tab is among the agents of the room, such as `coordinator` or `validator`; default `worker`. */
  readonly type?: string
  /** Where it is, in the application's own words, such as `eu-central`. */
  readonly region?: string
  /** Whether others may ask for faults in this tab, for the whole room (`mesh.faults`). Default: in private rooms only. */
  readonly roomFaults?: boolean
  /** What this tab does when somebody shuts the network down: `ask` tells the page and stays (default), `leave`, or `ignore`. */
  readonly onShutdown?: 'ask' | 'leave' | 'ignore'
  /**
   * Clocks of the decisions: `lab` for one machine or room (elections after 150-300 ms), `internet` for slow round trips (1.5-3 s);
   * `auto`, the default, follows the measured round trips and the lateness of its own ticks.
   */
  readonly timing?: 'auto' | 'lab' | 'internet'
  /**
   * How soon silence counts as death: `default` heartbeat 3 s and timeout 10 s, `relaxed` 5 s and 15 s, `patient` 10 s and 30 s,
   * `lab` 250 ms and 1 s.
   */
  readonly preset?: PresetName
  /** Members for which the room is meant, 1 to 1,024; a quarter more are let in. Default 100. */
  readonly maxAgents?: number
  /** Join although a room of this name is open under another secret. */
  readonly separate?: boolean
  /** Where `sandbox.html` is served, for typed functions; without it the frame's document is inlined (`srcdoc`). */
  readonly sandboxUrl?: string
  /** Whether typed code that another peer sent may run in this tab (in the sandbox). Default: in private rooms only. */
  readonly allowSource?: (job: JobSpec) => boolean | Promise<boolean>
  readonly onSnapshot?: (snapshot: MeshSnapshot) => void
  /**
   * Whether broadcasts, and what would have to be relayed, go among the tabs of one browser over BroadcastChannel, at a fraction of the work of WebRTC
   * (default), or by WebRTC alone.
   */
  readonly siblingPipes?: boolean
  /** Carry link traffic through the page instead of transferring channels; for tests of that path. */
  readonly bridge?: boolean
}

export function startConfig(
  options: JoinOptions,
  former: StartConfig['former'],
): { config: StartConfig; forceBridge: boolean } {
  const { room, secret, name, signaling, capabilities = {} } = options
  checkSupport()
  checkText('room', room, 64)
  if (secret !== undefined) checkText('secret', secret, 128)
  if (name !== undefined) checkText('name', name, 64)
  checkWord(
    'type',
    options.type,
    /^[a-z][a-z0-9_-]{0,31}$/,
    'a word of up to 32 lower-case letters, digits, "_" or "-"',
  )
  checkWord('region', options.region, /^[\w.-]{1,32}$/, '1 to 32 letters, digits, ".", "_" or "-"')
  const { timing = 'auto' } = options
  if (!['auto', 'lab', 'internet'].includes(timing)) refuse('timing must be auto, lab or internet')
  checkPreset(options.preset)
  checkMaxAgents(options.maxAgents)
  for (const [capability, run] of Object.entries(capabilities)) {
    checkText('capability name', capability, 128)
    if (typeof run !== 'function') refuse(`the capability "${capability}" must be a function`)
  }
  const config: StartConfig = {
    room,
    secret,
    name,
    signalingUrl: signalingUrl(signaling),
    iceServers: options.iceServers ?? [],
    separate: options.separate ?? false,
    preset: options.preset,
    maxAgents: options.maxAgents,
    capabilities: Object.keys(capabilities),
    type: options.type,
    region: options.region,
    roomFaults: options.roomFaults,
    onShutdown: checkedShutdown(options.onShutdown),
    former,
    timing,
    siblingPipes: options.siblingPipes ?? true,
    baseUrl: new URL('./', location.href.split(/[?#]/)[0]).href,
  }
  return { config, forceBridge: options.bridge ?? false }
}

function checkSupport(): void {
  const missing = [
    [globalThis.isSecureContext, 'a secure context (HTTPS or localhost)'],
    [globalThis.crypto?.subtle, 'WebCrypto'],
    [navigator.locks, 'Web Locks'],
    [globalThis.RTCPeerConnection, 'WebRTC'],
    [globalThis.Worker, 'workers'],
  ].find(([isThere]) => !isThere)
  if (missing) throw new MeshError('unsupported', `tabmesh needs ${missing[1]}, which this page does not have`)
}

function checkText(what: string, text: unknown, charsMax: number): void {
  if (typeof text !== 'string' || text.length === 0 || text.length > charsMax)
    refuse(`${what} must be a text of 1 to ${charsMax} characters`)
}

function checkWord(what: string, given: unknown, form: RegExp, words: string): void {
  if (given !== undefined && (typeof given !== 'string' || !form.test(given))) refuse(`${what} must be ${words}`)
}

function checkedShutdown(given: JoinOptions['onShutdown'] = 'ask'): 'ask' | 'leave' | 'ignore' {
  if (!['ask', 'leave', 'ignore'].includes(given)) refuse("onShutdown must be 'ask', 'leave' or 'ignore'")
  return given
}

/** Spelled out: the settings themselves are the engine's, and the page stays small. */
const presetNames: readonly PresetName[] = ['default', 'relaxed', 'patient', 'lab']

function checkPreset(preset: PresetName | undefined): void {
  if (preset !== undefined && !presetNames.includes(preset)) refuse(`preset must be one of ${presetNames.join(', ')}`)
}

function checkMaxAgents(maxAgents: number | undefined): void {
  if (maxAgents === undefined || (Number.isInteger(maxAgents) && maxAgents >= 1 && maxAgents <= 1_024)) return
  refuse(`maxAgents must be a whole number from 1 to 1024, not ${maxAgents}`)
}

function signalingUrl(given: string | undefined): string {
  const url = new URL(given ?? '/signal', location.href)
  url.protocol = url.protocol.replace('http', 'ws')
  url.search = ''
  url.hash = ''
  if (!/^wss?:$/.test(url.protocol)) refuse(`signaling must be a ws: or wss: URL, not ${url.protocol}`)
  return url.href
}

function refuse(message: string): never {
  throw new MeshError('invalid-option', message)
}
