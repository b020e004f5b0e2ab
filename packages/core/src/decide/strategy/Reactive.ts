/** A node starts the moment it may and a slot is free. */
import { byPriority } from "./byPriority.ts"
import type { Strategy } from "./Strategy.ts"

/** A node starts the moment it may and a slot is free; of several the one with the greatest priority first. */
export const reactive: Strategy = { isBefore: byPriority }
