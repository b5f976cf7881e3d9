/** Every bound of the Raft simulation, with its unit. */

/** Members that one run may ever create, dead ones included. */
export const MEMBERS_EVER_MAX = 24
/** True time that a run may take after its faults have ended, on top of what its remaining operations need, s. */
export const CALM_SECONDS_MAX = 60
/** Requests of clients that one member remembers to answer. */
export const OPEN_REQUESTS_MAX = 10_000
