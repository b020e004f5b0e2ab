import { createRequire } from "node:module"

/** The version of this package, from its own manifest: the same in sources and in the published bundle. */
export const version = (): string => {
  const require = createRequire(import.meta.url)
  return (require("@dagflow/cli/package.json") as { readonly version: string }).version
}
