/** 'Chromium 156 on Linux': what a person calls the browser that a tab runs in. Read from the user agent, for people only. */
export function deviceOf(userAgent: string): string {
  return `${browserOf(userAgent)} on ${systemOf(userAgent)}`
}

function browserOf(userAgent: string): string {
  const families: [RegExp, string][] = [
    [/Firefox\/(\d+)/, 'Firefox'],
    [/Edg\/(\d+)/, 'Edge'],
    [/OPR\/(\d+)/, 'Opera'],
    [/Chrom(?:e|ium)\/(\d+)/, 'Chromium'],
    [/Version\/(\d+).*Safari/, 'Safari'],
  ]
  for (const [pattern, name] of families) {
    const version = pattern.exec(userAgent)?.[1]
    if (version) return `${name} ${version}`
  }
  return 'Browser'
}

function systemOf(userAgent: string): string {
  if (/Android/.test(userAgent)) return 'Android'
  if (/iPhone|iPad/.test(userAgent)) return 'iOS'
  if (/Windows/.test(userAgent)) return 'Windows'
  if (/Mac OS X/.test(userAgent)) return 'macOS'
  return /Linux/.test(userAgent) ? 'Linux' : 'an unknown system'
}
