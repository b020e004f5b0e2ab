/*
 * Goal: an operator may trust every command of the page. Method: its commands and statements are taken from it and carried out
 * in their order, by a shell and on a real server; only names are made the test's own.
 */
import { spawnSync } from "node:child_process"
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import path from "node:path"
import { changeUrl, postgresUrl, runSql } from "@dagflow/internal-test-postgres"
import { afterAll, beforeAll, expect, inject, it } from "vitest"
import { lines, plainEnv } from "./Dagflow.ts"

const page = path.join(import.meta.dirname, "../../../docs/guides/operations.md")

const fenced = [...readFileSync(page, "utf8").matchAll(/^```(sh|sql|yaml)\n([^]*?)^```/gm)].map(
  ([, language = "", text = ""]) => ({ language, text })
)

const blocks = fenced.filter(({ language }) => language !== "yaml")

const own = `operations_${process.pid}`

/** Databases and roles are those of a whole server, which other tests use too. */
const renamed = (text: string): string =>
  text.replace(/\bflows\b/g, `flows_${own}`).replace(/\bruns(_monday)?\b(?!\.db)/g, `${own}$1`)

let folder = ""
let server = ""
let admin = ""
let store = ""

beforeAll(async () => {
  folder = mkdtempSync(path.join(tmpdir(), "dagflow-operations-"))
  const [flow] = fenced.filter(({ language }) => language === "yaml")
  writeFileSync(path.join(folder, "nap.yaml"), flow?.text ?? "")
  mkdirSync(path.join(folder, "bin"))
  const command = path.join(folder, "bin/dagflow")
  writeFileSync(command, `#!/bin/sh\nexec "${process.execPath}" "${inject("dagflow")}" "$@"\n`)
  chmodSync(command, 0o755)
  server = await postgresUrl()
  await runSql(server, `CREATE DATABASE ${own}`)
  admin = changeUrl(server, { database: own })
  store = changeUrl(admin, { user: `flows_${own}`, password: "change me" })
})

afterAll(async () => {
  rmSync(folder, { recursive: true })
  for (const name of [own, `${own}_monday`])
    await runSql(server, `DROP DATABASE IF EXISTS ${name} WITH (FORCE)`)
  await runSql(server, `DROP ROLE IF EXISTS flows_${own}`)
})

/** Runs a line of a shell; it may end a program with a code that is none of success. */
const shell = (line: string) => {
  const env = plainEnv({ ADMIN: admin, STORE: store, NODE_NO_WARNINGS: "1" })
  const { status, stderr, stdout } = spawnSync("sh", ["-c", line], {
    cwd: folder,
    encoding: "utf8",
    env: {
      ...env,
      PATH: `${path.join(folder, "bin")}:${path.dirname(process.execPath)}:${process.env["PATH"] ?? ""}`
    }
  })
  return { line, status, stdout, stderr }
}

/** Carries out one statement after the other; gives what the last one answered. A copy of a database is made from outside. */
const statements = (text: string) =>
  runSql(
    text.includes("CREATE DATABASE") ? server : admin,
    ...renamed(text)
      .split(/;\s*\n/)
      .filter((one) => one !== "")
  )

const tables = async (): Promise<number> =>
  (await runSql(admin, "SELECT 1 FROM pg_tables WHERE schemaname = 'dagflow'")).length

/** What is true right after a line of the page. */
const after: Readonly<Record<string, (said: ReturnType<typeof shell>) => Promise<void> | void>> = {
  "migrate --dry-run": async () => {
    expect(readFileSync(path.join(folder, "migration.sql"), "utf8")).toContain("CREATE TABLE")
    expect(await tables()).toBe(0)
  },
  'migrate --store "$ADMIN"': async () => expect(await tables()).toBeGreaterThan(4),
  'doctor --store "$STORE" --json': ({ stdout }) => expect(lines(stdout)[0]).toMatchObject({ healthy: true }),
  "runs --store sqlite:restored.db": ({ stdout }) => expect(stdout).toMatch(/completed +first/),
  "import first.json": ({ stdout }) => expect(stdout).toContain("it is completed"),
  "prune --older-than 90d --dry-run": ({ stdout }) => expect(stdout).toContain("0 runs")
}

it(
  "every command and statement of the page does what it says, in its order",
  { timeout: 120_000 },
  async () => {
    const checked = new Set<string>()
    for (const { language, text } of blocks) {
      if (language === "sql") {
        await statements(text)
        continue
      }
      for (const line of text.trim().split("\n")) {
        const said = shell(line)
        expect(said).toMatchObject({ line, status: 0 })
        for (const [words, check] of Object.entries(after)) {
          if (!line.includes(words)) continue
          checked.add(words)
          await check(said)
        }
      }
    }
    expect([...checked].toSorted()).toEqual(Object.keys(after).toSorted())
    const copy = changeUrl(admin, { database: `${own}_monday` })
    expect(await runSql(copy, "SELECT id, status FROM dagflow.run")).toEqual([
      { id: "first", status: "completed" }
    ])
    // The role of the page has no right that it does not need.
    await expect(runSql(store, "CREATE TABLE dagflow.more (x int)")).rejects.toThrow("permission denied")
    await expect(runSql(store, "ALTER TABLE dagflow.run ADD x int")).rejects.toThrow("must be owner")
  }
)

it("the query for runs that nobody goes on with finds them", async () => {
  const query = blocks.find(({ text }) => text.includes("lease_until"))?.text ?? ""
  expect(await statements(query)).toEqual([])
  await runSql(
    admin,
    "UPDATE dagflow.run SET ended_at = NULL, owner = 'gone', lease_until = 1 WHERE id = 'first'"
  )
  expect(await statements(query)).toEqual([{ id: "first", flow: "nap", owner: "gone" }])
})
