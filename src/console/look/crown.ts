/** The mark of a leader, 17 pixels wide, standing on its origin: over a disc, wherever discs are drawn. */
export const crownPath = 'M-8 0 -8.5 -8.5 -4 -5 0 -10.5 4 -5 8.5 -8.5 8 0z'
