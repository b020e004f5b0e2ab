/** What the streams of this process can show, decided once from flags, environment and terminal. */

/** What the decision goes by. */
export interface Surroundings {
  readonly env: Readonly<Record<string, string | undefined>>
  readonly platform: string
  readonly stdout: StreamFacts
  readonly stderr: StreamFacts
  /** `--color`, or what stands for it. */
  readonly color?: "auto" | "always" | "never" | undefined
  /** `--progress`. */
  readonly progress?: ProgressChoice | undefined
}

/** What is known of a stream. */
export interface StreamFacts {
  readonly isTTY: boolean
  readonly rows: number | undefined
}

/** The ways to show progress. */
export const progressModes = ["tty", "plain", "json", "quiet"] as const
/** A way to show progress. */
export type ProgressMode = (typeof progressModes)[number]
/** What `--progress` takes. */
export type ProgressChoice = "auto" | ProgressMode

/** What the streams can show. */
export interface Capabilities {
  readonly colorOut: boolean
  readonly colorErr: boolean
  readonly unicode: boolean
  readonly progress: ProgressMode
}

/** Fewest rows of a terminal that the live window is drawn in. */
export const windowRowsMin = 8

const isSet = (value: string | undefined): value is string => value !== undefined && value !== ""
const isTrue = (value: string | undefined): boolean => isSet(value) && value !== "0" && value !== "false"

/** Decides what the streams can show. A flag wins over the environment, which wins over the terminal. */
export const detect = (surroundings: Surroundings): Capabilities => ({
  colorOut: hasColor(surroundings, surroundings.stdout),
  colorErr: hasColor(surroundings, surroundings.stderr),
  unicode: hasUnicode(surroundings),
  progress: progressMode(surroundings)
})

const hasColor = ({ color, env }: Surroundings, stream: StreamFacts): boolean => {
  if (color === "always") return true
  if (color === "never") return false
  if (isSet(env["NO_COLOR"])) return false
  if (isSet(env["FORCE_COLOR"])) return isTrue(env["FORCE_COLOR"])
  return stream.isTTY && env["TERM"] !== "dumb"
}

const hasUnicode = ({ env, platform }: Surroundings): boolean => {
  if (isTrue(env["DAGFLOW_ASCII"])) return false
  const locale = [env["LC_ALL"], env["LC_CTYPE"], env["LANG"]].find(isSet)
  if (locale !== undefined) return /utf-?8/i.test(locale)
  if (platform === "win32") return isSet(env["WT_SESSION"]) || isSet(env["TERM_PROGRAM"]) || isSet(env["CI"])
  return platform === "darwin"
}

/** Set where nobody looks at a terminal although there may be one: build servers and hooks of version control. */
const unattended = ["CI", "PRE_COMMIT", "GIT_INDEX_FILE"]

const progressMode = ({ env, progress, stderr }: Surroundings): ProgressMode => {
  const asked = progress === undefined || progress === "auto" ? env["DAGFLOW_PROGRESS"] : progress
  const mode = progressModes.find((one) => one === asked)
  if (mode === "tty") return stderr.isTTY ? "tty" : "plain"
  if (mode !== undefined) return mode
  const hasRoom = (stderr.rows ?? 0) >= windowRowsMin
  const isAttended = !unattended.some((name) => isTrue(env[name]))
  return stderr.isTTY && hasRoom && isAttended && env["TERM"] !== "dumb" ? "tty" : "plain"
}
