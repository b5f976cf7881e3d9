/** Programs that tests need: found on this machine, or installed where that is possible. */
import { execFileSync } from 'node:child_process'
import { accessSync, constants } from 'node:fs'

export interface Program {
  /** Names it may have, the best first. */
  readonly commands: readonly [string, ...string[]]
  /** The Debian package that brings it. */
  readonly debian: string
  /** The environment variable that names another one. */
  readonly override?: string
}

/** The path of a program, after installing it where that is possible. Throws with what to run where it is not. */
export function executableOf(program: Program): string {
  return find(program) ?? install(program)
}

function find({ commands, override }: Program): string | undefined {
  const chosen = override && process.env[override]
  if (chosen) {
    if (isExecutable(chosen)) return chosen
    throw new Error(`${override} names ${chosen}, which is not an executable file`)
  }
  const folders = (process.env.PATH ?? '').split(':').filter(folder => folder !== '')
  const paths = commands.flatMap(command => [...folders, '/usr/bin'].map(folder => `${folder}/${command}`))
  return paths.find(isExecutable)
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}

function install(program: Program): string {
  const { commands, debian, override } = program
  const orChoose = override ? `   (or set ${override} to its path)` : ''
  const advice = `No ${commands[0]} was found. Run: sudo apt-get install -y ${debian}${orChoose}`
  if (process.getuid?.() !== 0 || !isExecutable('/usr/bin/apt-get')) throw new Error(advice)
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' }
  process.stderr.write(`${commands[0]} is not installed; installing ${debian} with apt-get\n`)
  try {
    execFileSync('apt-get', ['update', '-qq'], { env, stdio: ['ignore', 'inherit', 'inherit'] })
    const args = ['install', '-y', '-qq', '--no-install-recommends', debian]
    execFileSync('apt-get', args, { env, stdio: ['ignore', 'inherit', 'inherit'] })
  } catch (cause) {
    throw new Error(advice, { cause })
  }
  const path = find(program)
  if (path === undefined) throw new Error(advice)
  return path
}
