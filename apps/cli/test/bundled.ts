/**
 * Bundles the command once for all tests that start it: it starts several times faster, and it is what users get.
 * The file has a name of its own, so that whoever packs the package meanwhile does not write to it.
 */
import path from "node:path"
import type { TestProject } from "vitest/node"
import { bundle } from "../bundle.ts"

declare module "vitest" {
  export interface ProvidedContext {
    /** The bundled command. */
    dagflow: string
    /** Its size. */
    dagflowBytes: number
  }
}

export default async function setup(project: TestProject): Promise<void> {
  const file = path.join(import.meta.dirname, "../dist/test/main.mjs")
  project.provide("dagflowBytes", await bundle(file))
  project.provide("dagflow", file)
}
