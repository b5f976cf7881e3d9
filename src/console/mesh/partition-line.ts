/**
 * Whom a line drawn over the graph parts from whom. A line that comes back to where it began is a lasso, and parts who is inside; any other is
 * thought to go on straight at both ends, and parts the one side from the other. Pure.
 */
import type { PeerId } from '../../base/ids.ts'

export interface Point {
  readonly x: number
  readonly y: number
}

/** Pixels between the ends of a lasso, at most; or this part of its length, for a large one. */
const lassoGap = 48
const lassoGapPart = 0.15
/** Farther than any disc. */
const beyond = 100_000

/** Who is on the smaller side; of two alike, the one without this tab. Empty where the line parts nobody. */
export function otherSide(
  line: readonly Point[],
  places: ReadonlyMap<PeerId, Point>,
  self: PeerId | undefined,
): readonly PeerId[] {
  const [first, last] = [line[0], line.at(-1)]
  if (!first || !last || lengthOf(line) < 24) return []
  const area = isLasso(line) ? line : halfPlane(line, first, last)
  const inside = [...places].filter(([, place]) => isInside(place, area)).map(([id]) => id)
  const outside = [...places.keys()].filter(id => !inside.includes(id))
  if (inside.length === 0 || outside.length === 0) return []
  const isInsideMeant =
    inside.length === outside.length ? self === undefined || !inside.includes(self) : inside.length < outside.length
  return isInsideMeant ? inside : outside
}

function isLasso(line: readonly Point[]): boolean {
  const [first, last] = [line[0] as Point, line.at(-1) as Point]
  const gap = Math.hypot(first.x - last.x, first.y - last.y)
  const length = lengthOf(line)
  return length > 4 * gap && gap < Math.max(lassoGap, length * lassoGapPart)
}

/** The line, drawn out at both ends, closed far away on its left. */
function halfPlane(line: readonly Point[], first: Point, last: Point): Point[] {
  const along = unit({ x: last.x - first.x, y: last.y - first.y })
  const left = { x: along.y, y: -along.x }
  const from = { x: first.x - along.x * beyond, y: first.y - along.y * beyond }
  const to = { x: last.x + along.x * beyond, y: last.y + along.y * beyond }
  const aside = (point: Point) => ({ x: point.x + left.x * beyond, y: point.y + left.y * beyond })
  return [from, ...line, to, aside(to), aside(from)]
}

/** Counts how often a ray to the right crosses the edge (even-odd rule). */
function isInside({ x, y }: Point, area: readonly Point[]): boolean {
  let isIn = false
  for (let at = 0; at < area.length; at++) {
    const [one, two] = [area[at] as Point, area[(at + 1) % area.length] as Point]
    if (one.y > y === two.y > y) continue
    if (x < one.x + ((y - one.y) / (two.y - one.y)) * (two.x - one.x)) isIn = !isIn
  }
  return isIn
}

function lengthOf(line: readonly Point[]): number {
  let sum = 0
  for (let at = 1; at < line.length; at++) {
    const [one, two] = [line[at - 1] as Point, line[at] as Point]
    sum += Math.hypot(two.x - one.x, two.y - one.y)
  }
  return sum
}

function unit({ x, y }: Point): Point {
  const length = Math.hypot(x, y)
  return length === 0 ? { x: 1, y: 0 } : { x: x / length, y: y / length }
}
