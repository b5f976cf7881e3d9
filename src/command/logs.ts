/** `logs tail`: the last things that happened, as this tab saw them. */
import * as v from 'valibot'
import { defineCommand } from './command.ts'
import { columns } from './format.ts'
import { logLinesShown, rowsShownMax } from './limits.ts'
import { choice, whole } from './options.ts'

const kinds = ['peer', 'link', 'signaling', 'job', 'message', 'fault', 'problem', 'decision'] as const

export const logsTail = defineCommand({
  name: 'logs tail',
  summary: 'The last things that happened, oldest first',
  options: v.strictObject({
    filter: v.optional(choice(kinds, 'Only events of this kind')),
    lines: v.optional(whole(1, rowsShownMax, `How many; default ${logLinesShown}`)),
  }),
  examples: ['logs tail', 'logs tail --filter decision --lines 50'],
  run: async (mesh, { filter, lines = logLinesShown }) =>
    mesh.timeline
      .filter(({ kind }) => filter === undefined || kind === filter)
      .slice(-lines)
      .map(({ atMs, kind, text }) => ({ atMs, kind, text })),
  words: events =>
    events.length > 0
      ? columns(events.map(({ atMs, kind, text }) => [new Date(atMs).toISOString().slice(11, 23), kind, text]))
      : 'Nothing of the kind has happened.',
})
