import { existsSync } from "node:fs"
import path from "node:path"
import { expect, it } from "vitest"
import { publicPackages } from "../repository/Package.ts"
import { readText, root } from "../repository/SourceFile.ts"

/** The parts that every package's README has, in this order, so that a reader of one can read them all. */
const sections = ["Install", "Use", "What it gives you", "When something goes wrong", "Works with"]

/** A store also says how it is set up and what it can do. */
const storeSections = ["Options", "Capabilities"]

const linesMax = 120

const problems = (name: string, text: string): ReadonlyArray<string> => {
  const found: Array<string> = []
  const [title, blank, sentence] = text.split("\n")
  if (title !== `# ${name}` || blank !== "" || !/^[A-Z`].*/.test(sentence ?? "")) {
    found.push(`does not open with "# ${name}" and a sentence on what it is`)
  }
  const headings = [...text.matchAll(/^## (.+)$/gm)].map((match) => match[1])
  const isStore = name.includes("/store-") && !name.endsWith("/store-testkit")
  const wanted = isStore ? [...sections, ...storeSections] : sections
  for (const section of wanted) {
    if (!headings.includes(section)) found.push(`has no section "${section}"`)
  }
  const order = headings.filter((heading) => heading !== undefined && sections.includes(heading))
  if (order.join() !== sections.filter((section) => order.includes(section)).join()) {
    found.push(`has its sections in another order than ${sections.join(", ")}`)
  }
  if (!/^## Use\n(?:(?!^## )[^])*^```/m.test(text)) found.push(`shows no code in "Use"`)
  if (text.split("\n").length > linesMax) found.push(`has more than ${linesMax} lines: move some to a guide`)
  return found
}

it.each(publicPackages())("$folder has a README with the parts that all have", ({ folder, manifest }) => {
  const file = `${folder}/README.md`
  expect(existsSync(path.join(root, file))).toBe(true)
  expect(problems(manifest.name, readText(file))).toEqual([])
})

it("missing parts, parts out of order, missing code and too much text are found", () => {
  const part = (heading: string) => `## ${heading}\n\n\`\`\`ts\ncode\n\`\`\`\n`
  const page = (headings: ReadonlyArray<string>) =>
    `# @dagflow/a\n\nDoes a.\n\n${headings.map(part).join("\n")}`
  expect(problems("@dagflow/a", page(sections))).toEqual([])
  expect(problems("@dagflow/b", page(sections))).toHaveLength(1)
  expect(problems("@dagflow/a", page(sections.slice(1)))).toEqual([`has no section "Install"`])
  expect(problems("@dagflow/a", page([...sections].reverse()))).toHaveLength(1)
  expect(problems("@dagflow/a", page(sections).replaceAll("```", ""))).toEqual([`shows no code in "Use"`])
  expect(problems("@dagflow/a", page(sections) + "\n".repeat(linesMax))).toHaveLength(1)
  expect(problems("@dagflow/store-a", page(sections).replace("/a", "/store-a"))).toHaveLength(2)
})
