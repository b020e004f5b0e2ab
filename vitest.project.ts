import { defineProject, type UserWorkspaceConfig } from "vitest/config"

/** What every workspace package's tests have in common; `test` adds to it. */
export const project = (name: string, test: UserWorkspaceConfig["test"] = {}): UserWorkspaceConfig =>
  defineProject({
    test: {
      name,
      include: ["**/*.test.ts"],
      exclude: ["**/node_modules/**", "**/dist/**"],
      // A laptop that is busy is no failure; a hang is.
      testTimeout: 30_000,
      hookTimeout: 60_000,
      ...test
    }
  })
