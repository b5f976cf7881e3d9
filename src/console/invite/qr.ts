/** A QR code as one SVG path. Always dark on light, whatever the theme: many readers do not see inverted codes. */
import { html } from 'lit'
import qrcode from 'qrcode-generator'

/** Modules of quiet zone around the code (ISO/IEC 18004, 6.3.8). */
const quietZone = 4

export interface QrPath {
  /** Modules along one side, with the quiet zone. */
  readonly size: number
  readonly path: string
}

/** Undefined for a text that no QR code can hold. */
export function qrPath(text: string): QrPath | undefined {
  const code = qrcode(0, 'M')
  code.addData(text)
  try {
    code.make()
  } catch {
    return undefined
  }
  const modules = code.getModuleCount()
  let path = ''
  for (let row = 0; row < modules; row++) {
    for (let column = 0; column < modules; column++) {
      if (!code.isDark(row, column)) continue
      const from = column
      while (column + 1 < modules && code.isDark(row, column + 1)) column++
      path += `M${from + quietZone} ${row + quietZone}h${column - from + 1}v1h-${column - from + 1}z`
    }
  }
  return { size: modules + 2 * quietZone, path }
}

export function qrImage(text: string) {
  const code = qrPath(text)
  if (!code) return html`<p class="small quiet">This link is too long for a QR code.</p>`
  return html`<svg class="qr" viewBox="0 0 ${code.size} ${code.size}" role="img" aria-label="QR code of the invite link" shape-rendering="crispEdges">
    <rect width="100%" height="100%" fill="#fff"></rect>
    <path d=${code.path} fill="#000"></path>
  </svg>`
}
