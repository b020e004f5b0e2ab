/** Version of pnpm that stands in `pnpm/12.21.0 npm/? node/?`. */
const pnpmMajor = /^pnpm\/(\d+)\./

/**
 * How this command was called, so that commands that are suggested can be typed as they are printed: `dagflow` itself, or
 * what stood before it when npx or a script of a package manager started it.
 */
export const commandName = (env: Readonly<Record<string, string | undefined>> = process.env): string => {
  const event = env["npm_lifecycle_event"]
  const script = env["npm_lifecycle_script"] ?? ""
  if (event === "npx" && /^["']?dagflow["']?( |$)/.test(script)) return "npx dagflow"
  if (event !== "dagflow") return "dagflow"
  const pnpm = pnpmMajor.exec(env["npm_config_user_agent"] ?? "")?.[1]
  if (pnpm === undefined) return "npm run -s dagflow --"
  return env["npm_execpath"]?.includes("_npx") === true ? `npx -y pnpm@${pnpm} -s dagflow` : "pnpm -s dagflow"
}

/** The command that prints the pages about tags of errors: `dagflow help NodesFailed Thrown`. */
export const helpOf = (tags: ReadonlyArray<string>): string => `${commandName()} help ${tags.join(" ")}`
