/** How much a model may ask for. */

/**
 * What a planner allows. Limits of a turn are told to the model, which may ask for less; past a limit of the run the loop
 * ends with `LimitReached`.
 */
export interface Limits {
  /** Calls of one turn, or steps of one plan; 1 or more, default 16. */
  readonly callsMax: number
  /** Longest chain of steps of one plan; 1 or more, default 16. */
  readonly depthMax: number
  /** Bytes of the arguments of one call as JSON; default 16 KiB. */
  readonly argumentBytesMax: number
  /** Levels of lists and objects in the arguments of one call; default 16. */
  readonly argumentDepthMax: number
  /** Bytes of one whole answer of the model; it is read no further. Default 256 KiB. */
  readonly answerBytesMax: number
  /** Bytes of one tool's outputs that the model gets to see; the rest is cut off. Default 16 KiB. */
  readonly resultBytesMax: number
  /** Turns of the planner in one run; default 25. */
  readonly turnsMax: number
  /** Nodes that the planner may add to one run, its own turns included; default 500. */
  readonly nodesMax: number
  /** Tokens that the run may have used before another turn, a turn that reported none by the planner's `estimate`; default: no limit. */
  readonly tokensMax: number
  /** What the run may have cost before another turn, counted alike, in the unit of the prices; default: no limit. */
  readonly costMax: number
}

/** What holds for limits that are not given. */
export const defaults: Limits = {
  callsMax: 16,
  depthMax: 16,
  argumentBytesMax: 16_384,
  argumentDepthMax: 16,
  answerBytesMax: 262_144,
  resultBytesMax: 16_384,
  turnsMax: 25,
  nodesMax: 500,
  tokensMax: Infinity,
  costMax: Infinity
}
