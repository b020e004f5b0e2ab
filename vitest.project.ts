import { availableParallelism } from "node:os"
import { defineProject, type UserWorkspaceConfig } from "vitest/config"

/** What every workspace package's tests have in common; `test` adds to it. */
export const project = (name: string, test: UserWorkspaceConfig["test"] = {}): UserWorkspaceConfig =>
  defineProject({
    test: {
      name,
      include: ["**/*.test.ts"],
      exclude: ["**/node_modules/**", "**/dist/**"],
      // Vitest would leave one core idle, which is half of a machine with two. It asks each project for itself.
      maxWorkers: availableParallelism(),
      // A laptop that is busy is no failure; a hang is.
      testTimeout: 30_000,
      hookTimeout: 60_000,
      ...test
    }
  })
