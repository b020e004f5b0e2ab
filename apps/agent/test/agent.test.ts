/*
 * Goal: the agent answers from the documents that it is given, asks before it publishes, and goes on after kill -9.
 * Method: the command runs as a user runs it, each time as a process of its own.
 */
import { describe, expect, it } from "vitest"
import { plainText } from "../src/report/Report.ts"
import { Command } from "./Command.ts"

const documents = {
  "moons.md": `# Moons

Jupiter has ninety-five moons that have been confirmed by the astronomers of this world.
Io is the moon of Jupiter with the most volcanoes, and the ground of it is yellow with sulphur.

| moon | diameter |
| ---- | -------- |
| Io   | 3643     |
`,
  "guide/rings.md": `# Rings

The rings of Saturn are made of ice, and most pieces of them are smaller than a house.
`,
  "cooking.md": `# Soup

A soup of carrots wants ginger, and it wants it early in the pot.
`
}

const question = "Which moon of Jupiter has volcanoes?"
const id = "which-moon-of-jupiter-has-volcanoes"
const report = `.dagflow/reports/${id}.md`

/** The quotes of a report with the documents that they are said to be from. */
const citations = (text: string): ReadonlyArray<readonly [quote: string, file: string]> =>
  [...text.matchAll(/^> “(.*)” — `(.*)`$/gm)].map(([, quote = "", file = ""]) => [quote, file])

describe("the agent", () => {
  it("researches, waits for a decision of another process, and publishes what a third one finishes", async () => {
    const command = new Command(documents)
    const asked = await command.run(question)
    expect([asked.exit, asked.stderr]).toEqual([4, ""])
    expect(asked.stdout).toContain('I look for "')
    expect(asked.stdout).toContain("+ research_call_1 (search_documents)")
    // Whoever decides has the report in front of them, as it would be published.
    const [, page = ""] =
      /waits for you · .*\n\n(# [^]*)\nPublish "Which moon of Jupiter has volcanoes"\?\n/.exec(
        asked.stdout
      ) ?? []
    expect(citations(page)).not.toEqual([])
    expect(() => command.read(report)).toThrow("ENOENT")
    expect((await command.run("approve", id, "--by", "Ada")).exit).toBe(0)
    expect((await command.run("reject", id, "--by", "Ben")).exit).toBe(0)
    const finished = await command.run("resume", id)
    expect([finished.exit, finished.stderr]).toEqual([0, ""])
    // Ben came second, when nobody was there to tell him.
    expect(finished.stdout).toMatch(/^! refused: the wait of "approve" was answered by Ada at /m)
    // What the model had said is not asked for again.
    expect(finished.stdout).not.toContain("I look for")
    expect(command.read(report)).toBe(page)
    const found = citations(command.read(report))
    expect(found).toContainEqual([
      "Io is the moon of Jupiter with the most volcanoes, and the ground of it is yellow with sulphur.",
      "moons.md"
    ])
    for (const [quote, file] of found) expect(plainText(command.read(file))).toContain(quote)
  })

  it("prints commands that find the run again, wherever it is kept", async () => {
    const command = new Command(documents)
    const { stdout } = await command.run(question, "--store", "my runs/a.db", "--reports", "out")
    const [, resume = ""] = /-s agent (resume .*)$/m.exec(stdout) ?? []
    expect(resume).toBe(`resume ${id} --reports out --store 'my runs/a.db'`)
  })

  it("writes another report when a document says something else", async () => {
    const command = new Command(documents)
    command.write("moons.md", documents["moons.md"].replace("Io is the moon", "Europa is the moon"))
    await command.run(question)
    await command.run("approve", id)
    await command.run("resume", id)
    expect(command.read(report)).toContain("Europa is the moon of Jupiter with the most volcanoes")
    expect(command.read(report)).not.toContain("Io is the moon")
  })

  it("publishes nothing that was rejected, and nothing of a question that the documents do not answer", async () => {
    const command = new Command(documents)
    await command.run(question)
    await command.run("reject", id)
    const { exit, stdout } = await command.run("resume", id)
    expect([exit, stdout.includes("the report was rejected")]).toEqual([0, true])
    expect(() => command.read(report)).toThrow("ENOENT")
    const unknown = await command.run("Who wrote the anthem of Atlantis?", "--id", "anthem")
    expect([unknown.exit, unknown.stdout.includes("the model ended without a report")]).toEqual([1, true])
  })

  it.each(["I look for", "✓ research_2_call_1", "+ check"])(
    "goes on after kill -9 at: %s",
    async (moment) => {
      const command = new Command(documents)
      const killed = await command.killedAt(moment, question)
      // A process that is quicker than the signal has come to its question by itself.
      expect(["SIGKILL", 4]).toContain(killed.exit)
      const again = await command.run(question)
      expect([again.exit, again.stderr]).toEqual([4, ""])
      const turns = (text: string) => [...text.matchAll(/^✓ (research(?:_\d)?)$/gm)].map(([, node]) => node)
      // No turn that was shown as recorded is asked for again.
      expect(turns(again.stdout).filter((turn) => turns(killed.stdout).includes(turn))).toEqual([])
      await command.run("approve", id)
      expect((await command.run("resume", id)).exit).toBe(0)
      expect(citations(command.read(report)).length).toBeGreaterThan(0)
    }
  )

  it("says how it is used, and what is wrong with the words it was given", async () => {
    const command = new Command({})
    expect(await command.run("--help")).toMatchObject({ exit: 0, stderr: "" })
    const bad = await command.run("what", "is", "this")
    expect([bad.exit, bad.stderr.split("\n")[0]]).toEqual([
      2,
      "error: a question is one argument: put it into quotes"
    ])
    expect((await command.run("--colour")).stderr).toContain("Unknown option '--colour'")
    expect(await command.run("resume", "nothing")).toMatchObject({
      exit: 1,
      stderr: 'error: run "nothing": there is no run of this id in the store\n'
    })
  })
})
