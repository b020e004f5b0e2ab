/*
 * Goal: file actions do what they say, in their folder and nowhere else.
 * Method: real files in a temporary folder, with links that try to lead out of it.
 */
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, realpathSync, statSync } from "node:fs"
import { rmSync, symlinkSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import path from "node:path"
import { afterEach, beforeEach, describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import {
  FileAppendAction,
  type FileError,
  FileExistsAction,
  FileReadAction,
  FileRemoveAction,
  FileWriteAction
} from "@dagflow/actions"
import { attempt } from "../attempt.ts"

let outside: string
let folder: string

beforeEach(() => {
  outside = realpathSync(mkdtempSync(path.join(tmpdir(), "dagflow-actions-")))
  folder = path.join(outside, "inside")
  mkdirSync(folder)
})

afterEach(() => rmSync(outside, { recursive: true, force: true }))

const inside = (name: string) => path.join(folder, name)
const text = (name: string) => readFileSync(inside(name), "utf8")
const tagOf = (effect: Effect.Effect<unknown, FileError>) =>
  Effect.map(Effect.flip(effect), (error) => error.reason._tag)

const read = (input: { path: string; as?: "text" | "json" | "base64"; bytesMax?: number }) =>
  attempt(FileReadAction.make({ folder }), input)
const write = (input: { path: string; content: string | object; encoding?: "utf8" | "base64" }) =>
  attempt(FileWriteAction.make({ folder }), input as never)
const append = (input: { path: string; content: string }) => attempt(FileAppendAction.make({ folder }), input)
const remove = (input: { path: string; mustExist?: boolean }) =>
  attempt(FileRemoveAction.make({ folder }), input)
const exists = (file: string) => attempt(FileExistsAction.make({ folder }), { path: file })

describe("FileWriteAction", () => {
  it.effect("makes missing folders and leaves nothing but the file", () =>
    Effect.gen(function* () {
      const written = yield* write({ path: "a/b/c.txt", content: "grüße" })
      expect(written).toEqual({ path: inside("a/b/c.txt"), bytes: 7 })
      expect(text("a/b/c.txt")).toBe("grüße")
      expect(readdirSync(inside("a/b"))).toEqual(["c.txt"])
    })
  )

  it.effect("writes values as JSON and base64 as its bytes", () =>
    Effect.gen(function* () {
      yield* write({ path: "v.json", content: { a: [1] } })
      expect(JSON.parse(text("v.json"))).toEqual({ a: [1] })
      yield* write({ path: "b.bin", content: "AP8=", encoding: "base64" })
      expect([...readFileSync(inside("b.bin"))]).toEqual([0, 255])
      expect(yield* tagOf(write({ path: "b.bin", content: "no base64!", encoding: "base64" }))).toBe(
        "MalformedContent"
      )
    })
  )

  it.effect("replaces a file with its permissions, while readers keep the old content", () =>
    Effect.gen(function* () {
      writeFileSync(inside("f"), "old")
      chmodSync(inside("f"), 0o640)
      const before = statSync(inside("f")).ino
      yield* write({ path: "f", content: "new" })
      expect(text("f")).toBe("new")
      // Another file of the same name: whoever has the old one open reads it to its end.
      expect(statSync(inside("f")).ino).not.toBe(before)
      expect(statSync(inside("f")).mode & 0o777).toBe(0o640)
    })
  )

  it.effect("leaves the old file, and no other, when it cannot write", () =>
    Effect.gen(function* () {
      mkdirSync(inside("taken"))
      writeFileSync(inside("taken/x"), "")
      expect(yield* tagOf(write({ path: "taken", content: "new" }))).toBe("Refused")
      expect(readdirSync(folder)).toEqual(["taken"])
    })
  )
})

describe("FileReadAction", () => {
  it.effect("gives text, JSON and base64", () =>
    Effect.gen(function* () {
      writeFileSync(inside("f"), `{"a":1}`)
      expect(yield* read({ path: "f" })).toEqual({ content: `{"a":1}`, bytes: 7 })
      expect(yield* read({ path: "f", as: "json" })).toEqual({ content: { a: 1 }, bytes: 7 })
      expect(yield* read({ path: inside("f"), as: "base64" })).toEqual({ content: "eyJhIjoxfQ==", bytes: 7 })
    })
  )

  it.effect("reads a file of exactly the largest size, and refuses one byte more", () =>
    Effect.gen(function* () {
      writeFileSync(inside("f"), "x".repeat(200_000))
      expect((yield* read({ path: "f", bytesMax: 200_000 })).bytes).toBe(200_000)
      const error = yield* Effect.flip(read({ path: "f", bytesMax: 199_999 }))
      expect(error.reason).toEqual({ _tag: "TooLarge", bytes: 200_000, maximum: 199_999 })
    })
  )

  it.effect("stops at the largest size when a file claims to have none", () =>
    Effect.gen(function* () {
      const endless = attempt(FileReadAction.make({ folder, roots: ["/dev"] }), {
        path: "/dev/zero",
        bytesMax: 1000
      })
      expect(yield* tagOf(endless)).toBe("TooLarge")
    })
  )

  it.effect("tells what is wrong with the content", () =>
    Effect.gen(function* () {
      writeFileSync(inside("binary"), Buffer.from([0xff, 0xfe, 0xfd]))
      writeFileSync(inside("text"), "not json")
      expect(yield* tagOf(read({ path: "binary" }))).toBe("MalformedContent")
      expect(yield* tagOf(read({ path: "text", as: "json" }))).toBe("MalformedContent")
      expect(yield* tagOf(read({ path: "nowhere" }))).toBe("FileNotFound")
      expect(yield* tagOf(read({ path: "." }))).toBe("Refused")
    })
  )
})

describe("FileAppendAction", () => {
  it.effect("adds to the end, and makes the file first", () =>
    Effect.gen(function* () {
      yield* append({ path: "logs/a.log", content: "1\n" })
      yield* append({ path: "logs/a.log", content: "2\n" })
      expect(text("logs/a.log")).toBe("1\n2\n")
    })
  )
})

describe("FileRemoveAction", () => {
  it.effect("removes a file once, and tells whether it was there", () =>
    Effect.gen(function* () {
      writeFileSync(inside("f"), "")
      expect(yield* remove({ path: "f" })).toEqual({ removed: true })
      expect(yield* remove({ path: "f" })).toEqual({ removed: false })
      expect(yield* tagOf(remove({ path: "f", mustExist: true }))).toBe("FileNotFound")
    })
  )

  it.effect("removes a link and not what it leads to, and no folder", () =>
    Effect.gen(function* () {
      writeFileSync(path.join(outside, "kept"), "kept")
      symlinkSync(path.join(outside, "kept"), inside("link"))
      expect(yield* remove({ path: "link" })).toEqual({ removed: true })
      expect(readFileSync(path.join(outside, "kept"), "utf8")).toBe("kept")
      mkdirSync(inside("folder"))
      expect(yield* tagOf(remove({ path: "folder" }))).toBe("Refused")
    })
  )
})

describe("FileExistsAction", () => {
  it.effect("tells files, folders and nothing apart", () =>
    Effect.gen(function* () {
      writeFileSync(inside("f"), "abc")
      expect(yield* exists("f")).toEqual({ exists: true, kind: "file", bytes: 3 })
      expect(yield* exists(".")).toEqual({ exists: true, kind: "folder", bytes: 0 })
      expect(yield* exists("a/b/c")).toEqual({ exists: false, kind: "none", bytes: 0 })
    })
  )
})

describe("FileAccess", () => {
  it.effect.each([
    "../secret",
    "sub/../../secret",
    "link/secret",
    "deep/link/new",
    "dangling",
    "/etc/hostname"
  ])("refuses %s, which leads out of the folder", (file) =>
    Effect.gen(function* () {
      writeFileSync(path.join(outside, "secret"), "secret")
      mkdirSync(inside("deep"))
      symlinkSync(outside, inside("link"))
      symlinkSync(outside, inside("deep/link"))
      symlinkSync(path.join(outside, "not-there-yet"), inside("dangling"))
      expect(yield* tagOf(read({ path: file }))).toBe("OutsideRoots")
      expect(yield* tagOf(write({ path: file, content: "overwritten" }))).toBe("OutsideRoots")
      expect(yield* tagOf(append({ path: file, content: "more" }))).toBe("OutsideRoots")
      expect(readdirSync(outside).sort()).toEqual(["inside", "secret"])
      expect(readFileSync(path.join(outside, "secret"), "utf8")).toBe("secret")
    })
  )

  it.effect(
    "allows other folders by name, and a folder of which one is the beginning of the name is another",
    () =>
      Effect.gen(function* () {
        mkdirSync(path.join(outside, "inside-too"))
        const make = (roots: ReadonlyArray<string>) => FileWriteAction.make({ folder, roots })
        const input = { path: "../inside-too/f", content: "x" }
        expect(yield* tagOf(attempt(make(["."]), input))).toBe("OutsideRoots")
        expect((yield* attempt(make([".", "../inside-too"]), input)).path).toBe(
          path.join(outside, "inside-too/f")
        )
      })
  )

  it.effect("follows a link that stays inside", () =>
    Effect.gen(function* () {
      mkdirSync(inside("real"))
      symlinkSync(inside("real"), inside("alias"))
      expect((yield* write({ path: "alias/f", content: "x" })).path).toBe(inside("real/f"))
    })
  )

  it.effect("a name that begins with two dots is a name", () =>
    Effect.gen(function* () {
      yield* write({ path: "..f", content: "x" })
      expect(text("..f")).toBe("x")
    })
  )
})
