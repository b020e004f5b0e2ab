/** What the agent hands in: findings, each with the words of a document that it rests on. */
import * as Schema from "effect/Schema"

/** A statement, and where it is from. */
export const Finding = Schema.Struct({
  claim: Schema.String.annotate({ description: "One sentence that answers a part of the question." }),
  quote: Schema.String.annotate({
    description: "The words of the document that the claim rests on, exactly as they stand there."
  }),
  file: Schema.String.annotate({ description: "The document that the quote is from." })
})
/** A statement, and where it is from. */
export type Finding = typeof Finding.Type

/** A report. */
export const Report = Schema.Struct({
  title: Schema.String,
  findings: Schema.Array(Finding).pipe(Schema.check(Schema.isMinLength(1), Schema.isMaxLength(20)))
})
/** A report. */
export type Report = typeof Report.Type

/** The text without the line breaks that only lay it out. */
export const plainText = (text: string): string => text.replaceAll(/\s+/g, " ").trim()

/** The report as a page. */
export const toMarkdown = (question: string, { findings, title }: Report): string =>
  [
    `# ${title}`,
    `> ${question}`,
    ...findings.map(({ claim, file, quote }) => `${claim}\n\n> “${plainText(quote)}” — \`${file}\``)
  ].join("\n\n") + "\n"
