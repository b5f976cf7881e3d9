/** What came of a mocha run, as plain data that can leave a worker. */
import type { Runner } from 'mocha'

export interface Report {
  readonly passed: string[]
  readonly skipped: string[]
  readonly failed: { readonly title: string; readonly message: string }[]
}

/** A mocha reporter that says nothing by itself. */
export class Silent {}

export function collect(runner: Runner): Promise<Report> {
  const report: Report = { passed: [], skipped: [], failed: [] }
  runner.on('pass', test => report.passed.push(test.fullTitle()))
  runner.on('pending', test => report.skipped.push(test.fullTitle()))
  runner.on('fail', (test, error) => report.failed.push({ title: test.fullTitle(), message: described(error) }))
  return new Promise(resolve => runner.on('end', () => resolve(report)))
}

/** Firefox leaves the message out of the stack. */
function described({ name, message, stack = '' }: Error): string {
  return stack.includes(message) ? stack : `${name}: ${message}\n${stack}`
}

/** Prints a report for people, and its sums on a last line for `npm test`. Exits non-zero unless all passed. */
export function conclude(name: string, report: Report): void {
  for (const title of report.passed) console.log(`  ✓ ${title}`)
  for (const title of report.skipped) console.log(`  - ${title} (skipped)`)
  for (const { title, message } of report.failed) console.log(`  ✗ ${title}\n${message.replaceAll(/^/gm, '      ')}`)
  const { passed, failed, skipped } = report
  console.log(JSON.stringify({ suite: name, passed: passed.length, failed: failed.length, skipped: skipped.length }))
  process.exitCode = failed.length > 0 || passed.length === 0 ? 1 : 0
}
