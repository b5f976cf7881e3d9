/** `mesh.settings`: what holds for every tab of the room, those that come later included. */
import type { DecisionOptions } from '../consensus/decisions/types.ts'
import type { RoomSettings, SettingsChange } from './room-settings.ts'

export interface SettingsHandle {
  /** What the room has set; whatever is not named is each tab's own, or its default. Linearizable. */
  get(options?: DecisionOptions): Promise<RoomSettings>
  /**
   * Changes what is named; `null` takes it back, one setting of gossip or all of a kind. Decided by a quorum, taken up by everybody within
   * moments, and by whoever comes later. Resolves with all that is set. Rejects with `invalid-option`, `no-quorum`, `timeout`.
   */
  set(change: SettingsChange, options?: DecisionOptions): Promise<RoomSettings>
}
