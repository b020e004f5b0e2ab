import { describe, expect, it } from "vitest"
import { detect, type Surroundings } from "../../src/output/Capabilities.ts"

const terminal = { isTTY: true, rows: 24 }
const pipe = { isTTY: false, rows: undefined }

const on = (
  env: Record<string, string>,
  more: Partial<Surroundings> = {},
  stream: Surroundings["stderr"] = terminal
) => detect({ env, platform: "linux", stdout: stream, stderr: stream, ...more })

describe("Capabilities", () => {
  it.each([
    ["a terminal", {}, {}, terminal, true],
    ["a pipe", {}, {}, pipe, false],
    ["NO_COLOR", { NO_COLOR: "1" }, {}, terminal, false],
    ["an empty NO_COLOR", { NO_COLOR: "" }, {}, terminal, true],
    ["FORCE_COLOR in a pipe", { FORCE_COLOR: "1" }, {}, pipe, true],
    ["FORCE_COLOR=0", { FORCE_COLOR: "0" }, {}, terminal, false],
    ["NO_COLOR over FORCE_COLOR", { NO_COLOR: "1", FORCE_COLOR: "1" }, {}, terminal, false],
    ["TERM=dumb", { TERM: "dumb" }, {}, terminal, false],
    ["--color always over NO_COLOR", { NO_COLOR: "1" }, { color: "always" }, pipe, true],
    ["--color never over FORCE_COLOR", { FORCE_COLOR: "1" }, { color: "never" }, terminal, false]
  ] as const)("settles colours with %s", (_, env, more, stream, expected) => {
    const { colorErr, colorOut } = on(env, more, stream)
    expect([colorOut, colorErr]).toEqual([expected, expected])
  })

  it.each([
    ["a terminal", {}, {}, terminal, "tty"],
    ["a pipe", {}, {}, pipe, "plain"],
    ["a build server", { CI: "true" }, {}, terminal, "plain"],
    ["CI=false", { CI: "false" }, {}, terminal, "tty"],
    ["a hook of version control", { GIT_INDEX_FILE: ".git/index" }, {}, terminal, "plain"],
    ["TERM=dumb", { TERM: "dumb" }, {}, terminal, "plain"],
    ["too few rows", {}, {}, { isTTY: true, rows: 7 }, "plain"],
    ["DAGFLOW_PROGRESS", { DAGFLOW_PROGRESS: "quiet" }, {}, terminal, "quiet"],
    [
      "--progress over DAGFLOW_PROGRESS",
      { DAGFLOW_PROGRESS: "quiet" },
      { progress: "plain" },
      terminal,
      "plain"
    ],
    ["--progress auto", { DAGFLOW_PROGRESS: "quiet" }, { progress: "auto" }, terminal, "quiet"],
    ["--progress tty in a pipe", {}, { progress: "tty" }, pipe, "plain"],
    ["--progress tty on a build server", { CI: "1" }, { progress: "tty" }, terminal, "tty"]
  ] as const)("settles progress with %s", (_, env, more, stream, expected) => {
    expect(on(env, more, stream).progress).toBe(expected)
  })

  it.each([
    ["linux", {}, false],
    ["linux", { LANG: "C" }, false],
    ["linux", { LANG: "en_US.UTF-8" }, true],
    ["linux", { LC_ALL: "C", LANG: "en_US.UTF-8" }, false],
    ["linux", { LANG: "de_DE.utf8", DAGFLOW_ASCII: "1" }, false],
    ["darwin", {}, true],
    ["win32", {}, false],
    ["win32", { WT_SESSION: "1" }, true]
  ] as const)("shows signs beyond ASCII on %s with %j: %s", (platform, env, expected) => {
    expect(on(env, { platform }).unicode).toBe(expected)
  })
})
