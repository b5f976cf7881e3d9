/** A virtual X display, so that a browser opens a real window whose background tabs are hidden as a person's are. */
import { spawn } from 'node:child_process'
import type { Readable } from 'node:stream'
import { executableOf } from './installed.ts'

export interface Display {
  /** As in `DISPLAY`, for example `:99`. */
  readonly name: string
  close(): void
}

export async function openDisplay(): Promise<Display> {
  // Xvfb picks a free number itself and writes it to descriptor 3.
  const xvfb = executableOf({ commands: ['Xvfb'], debian: 'xvfb' })
  const child = spawn(xvfb, ['-displayfd', '3', '-screen', '0', '1400x1000x24', '-nolisten', 'tcp'], {
    stdio: ['ignore', 'ignore', 'ignore', 'pipe'],
  })
  const number = await new Promise<string>((resolve, reject) => {
    child.once('error', cause => reject(new Error('Xvfb did not start', { cause })))
    child.once('exit', code => reject(new Error(`Xvfb ended with code ${code} before it was ready`)))
    ;(child.stdio[3] as Readable).once('data', (chunk: Buffer) => resolve(chunk.toString().trim()))
  })
  return { name: `:${number}`, close: () => void child.kill() }
}
