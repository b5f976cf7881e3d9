/** Where a long run is, on stderr: a line overwritten in place on a terminal, a line now and then elsewhere. */
const logEveryMs = 15_000
let loggedMs = 0

export function progress(text: string): void {
  if (process.stderr.isTTY) return void process.stderr.write(`\r\x1b[2K${text}`)
  if (Date.now() - loggedMs < logEveryMs) return
  loggedMs = Date.now()
  console.error(`${new Date().toISOString().slice(11, 19)} ${text}`)
}
