/**
 * How much a definition may ask of the machine that reads it.
 *
 * Each limit is far above what people write by hand, and low enough that a hostile file is refused in a moment.
 */

/** How much a definition may ask of the machine that reads it. What goes beyond is refused with `LimitExceeded`. */
export interface YamlLimits {
  /** Size of one file as UTF-8, in bytes; default 8 MiB, which is some 60,000 nodes. */
  readonly bytesMax: number
  /** Size of all files of a definition together, each as often as it is included, in bytes; default 32 MiB. */
  readonly bytesTotalMax: number
  /** Lists and maps inside one another, aliases followed; default 100. */
  readonly depthMax: number
  /** Values that aliases add to what is written out; default 250,000. */
  readonly aliasedMax: number
  /** Files that one definition includes, directly and through others; default 1,000. */
  readonly includesMax: number
  /** Problems that are collected; default 10,000. The rest is counted in a last problem. */
  readonly problemsMax: number
}

/** The limits that hold unless others are given. */
export const defaults: YamlLimits = {
  bytesMax: 8_388_608,
  bytesTotalMax: 33_554_432,
  depthMax: 100,
  aliasedMax: 250_000,
  includesMax: 1000,
  problemsMax: 10_000
}
