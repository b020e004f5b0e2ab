/** The oldest Node that this package works with: the first 22 that reads TypeScript without a flag and without a fault. */
const minimum = [22, 19] as const

/** What is wrong with the version of Node, such as `20.20.2`, or `undefined` when nothing is. */
export const nodeVersionProblem = (version = process.versions.node): string | undefined => {
  const [major = 0, minor = 0] = version.split(".").map(Number)
  const isNew = major > minimum[0] || (major === minimum[0] && minor >= minimum[1])
  return isNew ? undefined : `dagflow needs Node ${minimum.join(".")} or newer, and this is ${version}`
}
