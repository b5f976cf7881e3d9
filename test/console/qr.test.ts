import { expect, test } from 'vitest'
import { qrPath } from '../../src/console/invite/qr.ts'

/** The modules that a path of runs `Mx yh<n>v1h-<n>z` fills. */
function filled(path: string): string[] {
  return [...path.matchAll(/M(\d+) (\d+)h(\d+)v1h-(\d+)z/g)].flatMap(([, x, y, width, back]) => {
    expect(width).toBe(back)
    return Array.from({ length: Number(width) }, (_, step) => `${Number(x) + step},${y}`)
  })
}

/** A finder pattern: 7 by 7, a ring of one, a gap of one, a core of three (ISO/IEC 18004, 6.3.3). */
function isFinder(modules: ReadonlySet<string>, left: number, top: number): boolean {
  for (let y = 0; y < 7; y++)
    for (let x = 0; x < 7; x++) {
      const ring = Math.max(Math.abs(x - 3), Math.abs(y - 3))
      if (modules.has(`${left + x},${top + y}`) !== (ring !== 2)) return false
    }
  return true
}

test('a QR code fills each dark module once, has its three finder patterns, and a quiet zone of four around it', () => {
  const code = qrPath('https://mesh.example/#room=amber-otter-42&key=7gk2m9x4q1w8e5r3t6y0z2a4c6')
  expect(code).toBeDefined()
  if (!code) return
  const list = filled(code.path)
  const modules = new Set(list)
  expect(modules.size).toBe(list.length)
  const far = code.size - 4 - 7
  expect([isFinder(modules, 4, 4), isFinder(modules, far, 4), isFinder(modules, 4, far)]).toEqual([true, true, true])
  for (const module of modules)
    for (const at of module.split(',').map(Number)) {
      expect(at).toBeGreaterThanOrEqual(4)
      expect(at).toBeLessThan(code.size - 4)
    }
})

test('a text that no QR code holds has none', () => {
  expect(qrPath('x'.repeat(3_000))).toBeUndefined()
})
