/** Limits of the code sandbox. */

/** Until the frame has loaded and answered. */
export const frameOpenMs = 15_000
/** Until a typed function has been read and is ready to be called. */
export const functionLoadMs = 5_000
/** Until the frame confirms that it stopped a function; then the whole frame goes. */
export const stopGraceMs = 3_000
export const messageCharsMax = 1_000
