/** Every bound of the simulated world, with its unit. */

/** Events that may wait in the queue; more means that something multiplies without end. */
export const EVENTS_QUEUED_MAX = 100_000
/** Deliveries and timers kept for a paused node; the operating system's buffers are not endless either. */
export const PAUSED_BACKLOG_MAX = 10_000
/** Faults in one schedule. */
export const FAULTS_MAX = 2_000
/** Runs that shrinking a schedule may take. */
export const SHRINK_RUNS_MAX = 400
