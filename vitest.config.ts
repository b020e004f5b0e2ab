import { defineConfig } from "vitest/config"
import Tally from "./vitest.reporter.ts"

const [major = 0, minor = 0] = process.versions.node.split(".").map(Number)
if (major < 22 || (major === 22 && minor < 19)) {
  throw new Error(
    `Tests need Node 22.19 or newer, and this is ${process.version}: ` +
      "the Node that the install brings is missing (see optionalDependencies in package.json)."
  )
}

export default defineConfig({
  test: {
    projects: ["packages/*", "apps/*", "examples/*", "tests", "benchmarks"],
    reporters: ["default", new Tally()],
    coverage: {
      provider: "v8",
      include: ["packages/*/src/**/*.ts", "apps/*/src/**/*.ts"],
      exclude: ["**/*.d.ts"],
      reporter: ["text", "html", "lcov"]
    }
  }
})
