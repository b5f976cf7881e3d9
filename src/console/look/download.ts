/** Hands a value to the person as a JSON file. */
export function downloadJson(title: string, value: unknown): void {
  const file = new Blob([JSON.stringify(value, null, 2)], { type: 'application/json' })
  const url = URL.createObjectURL(file)
  const anchor = document.createElement('a')
  anchor.href = url
  anchor.download = title.replace(/[\\/:*?"<>|\p{Cc}]+/gu, '-')
  anchor.click()
  // The download has taken its copy by the next task in all browsers; a blob that is kept keeps its memory.
  setTimeout(() => URL.revokeObjectURL(url), 1_000)
}
