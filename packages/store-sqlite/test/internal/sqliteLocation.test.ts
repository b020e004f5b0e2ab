import { expect, it } from "@effect/vitest"
import * as Result from "effect/Result"
import path from "node:path"
import { type Platform, sqliteLocation } from "../../src/internal/sqliteLocation.ts"

const posix: Platform = { windows: false, resolve: (text) => path.posix.resolve("/home/me", text) }
const windows: Platform = { windows: true, resolve: (text) => path.win32.resolve("C:\\home", text) }

const found = (address: string | URL, platform: Platform) =>
  Result.getOrUndefined(sqliteLocation(address, platform))

it.each([
  ["runs.db", "/home/me/runs.db"],
  ["/var/runs.db", "/var/runs.db"],
  ["sqlite:runs.db", "/home/me/runs.db"],
  ["SQLite:runs.db", "/home/me/runs.db"],
  ["sqlite:./a/../runs.db", "/home/me/runs.db"],
  ["sqlite:/var/runs.db", "/var/runs.db"],
  ["sqlite:///var/runs.db", "/var/runs.db"],
  ["sqlite:my runs.db", "/home/me/my runs.db"],
  ["sqlite:my%20runs.db", "/home/me/my%20runs.db"],
  ["sqlite:läufe/🙂.db", "/home/me/läufe/🙂.db"],
  ["sqlite:what?#.db", "/home/me/what?#.db"],
  ["sqlite::memory:", ":memory:"],
  [":memory:", ":memory:"],
  ["./:memory:", "/home/me/:memory:"],
  ["file:///var/my%20runs.db", "/var/my runs.db"],
  ["file:/var/l%C3%A4ufe.db", "/var/läufe.db"],
  ["file:///var/what%3F%23.db", "/var/what?#.db"],
  ["a:b.db", "/home/me/a:b.db"]
])("%j is the file %j", (address, file) => {
  expect(found(address, posix)).toBe(file)
})

it.each([
  ["runs.db", "C:\\home\\runs.db"],
  ["D:\\data\\my runs.db", "D:\\data\\my runs.db"],
  ["sqlite:D:\\data\\my runs.db", "D:\\data\\my runs.db"],
  ["sqlite:D:/data/läufe.db", "D:\\data\\läufe.db"],
  ["sqlite:///D:/data/runs.db", "D:\\data\\runs.db"],
  ["sqlite:/data/runs.db", "C:\\data\\runs.db"],
  ["file:///D:/data/my%20runs.db", "D:\\data\\my runs.db"],
  ["\\\\server\\share\\runs.db", "\\\\server\\share\\runs.db"],
  [":memory:", ":memory:"]
])("on Windows %j is the file %j", (address, file) => {
  expect(found(address, windows)).toBe(file)
})

it("a URL object is a file as well", () => {
  expect(found(new URL("runs.db", "file:///var/my%20data/"), posix)).toBe("/var/my data/runs.db")
})

it.each([
  ["", "without a path"],
  ["sqlite:", "without a path"],
  ["a\0b", "NUL"],
  ["sqlite:a\0b", "NUL"],
  ["file:///a%00b", "NUL"],
  ["sqlite://host/runs.db", "no host"],
  ["sqlite://runs.db", "no host"],
  ["file:runs.db", "file:///"],
  ["file://host/runs.db", "host"],
  ["file:///runs.db?mode=ro", "?options"],
  ["file:///runs.db#a", "?options"],
  ["postgres://localhost/runs", "SQLite opens files"],
  ["https://host/runs.db", "SQLite opens files"]
])("%j is no file, and the failure says why", (address, why) => {
  const location = sqliteLocation(address, posix)
  expect(Result.isFailure(location) ? location.failure : undefined).toContain(why)
})
