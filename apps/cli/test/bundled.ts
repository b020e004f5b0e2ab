/**
 * Bundles the command once for all tests that start it: it starts several times faster, and it is what users get.
 * Its folder is one of its own, so that whoever packs the package meanwhile does not write to it.
 */
import path from "node:path"
import type { TestProject } from "vitest/node"
import { bundle } from "../bundle.ts"

declare module "vitest" {
  export interface ProvidedContext {
    /** The bundled command. */
    dagflow: string
    /** Bytes that every command but `--version` loads. */
    dagflowStartBytes: number
  }
}

export default async function setup(project: TestProject): Promise<void> {
  const { main, startBytes } = await bundle(path.join(import.meta.dirname, "../dist/test"))
  project.provide("dagflowStartBytes", startBytes)
  project.provide("dagflow", main)
}
