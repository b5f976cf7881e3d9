/** The real `npm start` in a process of its own, on a free port, ended by its pid. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { stripVTControlCharacters } from 'node:util'

export interface Server {
  /** Such as `http://127.0.0.1:41234`, without a trailing slash. */
  readonly origin: string
  readonly port: number
  /** Everything it printed. */
  output(): string
  /** SIGKILL: the signaling server is gone at once, as when its machine fails. */
  kill(): Promise<void>
  /** SIGTERM: it says goodbye. */
  stop(): Promise<void>
}

const root = fileURLToPath(new URL('../../..', import.meta.url))
const startTimeoutMs = 120_000 // it may build first

export async function startServer(options: { readonly port?: number } = {}): Promise<Server> {
  const args = ['--import', 'tsx', 'scripts/start.ts', '--port', String(options.port ?? 0), '--host', '127.0.0.1']
  // As people start it: vitest sets NODE_ENV=test, with which a build would be one for development.
  const { NODE_ENV: _, ...env } = process.env
  const child = spawn(process.execPath, args, { cwd: root, env, stdio: ['ignore', 'pipe', 'pipe'] })
  let output = ''
  const url = await new Promise<URL>((resolve, reject) => {
    const onOutput = (chunk: Buffer) => {
      output += stripVTControlCharacters(chunk.toString())
      const found = /https?:\/\/[\w.[\]:-]+:\d+/.exec(output)?.[0]
      if (found) resolve(new URL(found))
    }
    child.stdout.on('data', onOutput)
    child.stderr.on('data', onOutput)
    child.once('exit', code => reject(new Error(`npm start ended with code ${code}:\n${output}`)))
    setTimeout(() => reject(new Error(`npm start printed no address:\n${output}`)), startTimeoutMs).unref()
  }).catch(async error => {
    await end(child, 'SIGKILL')
    throw error
  })
  return {
    origin: url.origin,
    port: Number(url.port),
    output: () => output,
    kill: () => end(child, 'SIGKILL'),
    stop: () => end(child, 'SIGTERM'),
  }
}

async function end(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const exited = once(child, 'exit')
  child.kill(signal)
  await exited
}
