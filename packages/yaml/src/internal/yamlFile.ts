import {
  type Alias,
  Composer,
  type Document,
  Lexer,
  type ParsedNode,
  Parser,
  type YAMLParseError
} from "yaml"
import type { YamlLimits } from "../YamlLimits.ts"
import * as Findings from "./findings.ts"
import * as Hygiene from "./hygiene.ts"
import { positionOf, type SourceText } from "./sourceText.ts"

/** A file as a tree of YAML nodes, from which everything is cut off that could not be JSON. */
export interface YamlFile {
  readonly source: SourceText
  readonly root: ParsedNode | undefined
  /** What each alias stands for. An alias without a target has been reported. */
  readonly targets: ReadonlyMap<Alias, ParsedNode>
  /** Nodes that have been reported and are not to be read. */
  readonly refused: ReadonlySet<ParsedNode>
}

/** YAML 1.2 and nothing beside it: no dates, no merging, no binary data, whatever the file itself asks for. */
const options = {
  schema: "core",
  version: "1.2",
  merge: false,
  resolveKnownTags: false,
  // The check of the library compares each key with all before it; ours looks them up.
  uniqueKeys: false,
  prettyErrors: false,
  logLevel: "silent"
} as const

/** Tags by which the format of Dagger writes its retry strategies. */
const knownTags: ReadonlyArray<string> = ["!Exponential", "!Linear"]

/**
 * Reads the text of a file as one YAML document and reports what is wrong with it as such. After an error of syntax
 * the file has no root: what a parser guesses behind one is no basis for further problems.
 */
export const read = (source: SourceText, limits: YamlLimits, findings: Findings.Findings): YamlFile => {
  const nothing: YamlFile = { source, root: undefined, targets: new Map(), refused: new Set() }
  if (!isReadable(source, limits, findings)) return nothing
  const documents = compose(source, limits, findings)
  const [document, second] = documents
  if (document?.contents === null) {
    const message = "the file is empty: a flow has a name and nodes"
    Findings.report(findings, place(source, 0), { code: "MissingKey", message })
  }
  if (document === undefined || document.contents === null) return nothing
  if (second !== undefined) {
    const from = second.contents?.range[0] ?? second.range[0]
    const message = "a file holds one flow: write the second document into a file of its own"
    Findings.report(findings, place(source, from), { code: "SyntaxError", message })
    return nothing
  }
  if (!isWellFormed(source, document, findings)) return nothing
  return { source, root: document.contents, ...Hygiene.inspect(source, document.contents, findings) }
}

const place = (source: SourceText, from: number, to = from + 1) => ({ source, from, to, trail: undefined })

const notAllowed =
  // oxlint-disable-next-line no-control-regex -- the characters that YAML does not allow in a text.
  /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u0084\u0086-\u009f\ufffe\uffff]|\p{Surrogate}/u

/** Checks what has to be right before a parser may touch the text: its size and its characters. */
const isReadable = (source: SourceText, limits: YamlLimits, findings: Findings.Findings): boolean => {
  const { text } = source
  const bytes = text.length > limits.bytesMax ? text.length : new TextEncoder().encode(text).length
  if (bytes > limits.bytesMax) {
    const message = `the file has more than ${limits.bytesMax} bytes`
    Findings.reportPlain(findings, { code: "LimitExceeded", severity: "error", message, path: [] })
    return false
  }
  const found = notAllowed.exec(text)
  if (found === null) return true
  const code = found[0].charCodeAt(0).toString(16).toUpperCase().padStart(4, "0")
  const message = `the character U+${code} is not allowed in YAML: write it as "\\u${code}" in a text in double quotes`
  Findings.report(findings, place(source, found.index), { code: "SyntaxError", message })
  return false
}

/** After so many tokens that cannot stand where they stand the text is no YAML, and the rest of it is left alone. */
const syntaxErrorsMax = 1000

/** Parses the text token by token, so that nesting without end is noticed before anything recurses into it. */
const compose = (
  source: SourceText,
  limits: YamlLimits,
  findings: Findings.Findings
): ReadonlyArray<Document.Parsed> => {
  const parser = new Parser()
  const composer = new Composer(options)
  const documents: Array<Document.Parsed> = []
  let errors = 0
  for (const lexeme of new Lexer().lex(source.text)) {
    for (const token of parser.next(lexeme)) {
      if (token.type === "error") errors++
      documents.push(...composer.next(token))
    }
    if (errors > syntaxErrorsMax) break
    // The stack holds the document and the value being read besides the collections around it.
    if (parser.stack.length > limits.depthMax + 2) {
      const message = `more than ${limits.depthMax} lists and maps are inside one another`
      Findings.report(findings, place(source, parser.offset), { code: "LimitExceeded", message })
      return []
    }
    if (documents.length > 1) return documents
  }
  for (const token of parser.end()) documents.push(...composer.next(token))
  // Also of a text without any content, so that it can be said that there is none.
  documents.push(...composer.end(true, source.text.length))
  return documents
}

const isWellFormed = (
  source: SourceText,
  document: Document.Parsed,
  findings: Findings.Findings
): boolean => {
  const yaml = document.directives.yaml
  if (yaml.explicit === true && yaml.version !== "1.2") {
    const message = `flows are YAML 1.2, and the file says it is YAML ${yaml.version}: remove the directive`
    Findings.report(findings, place(source, 0), { code: "SyntaxError", message })
    return false
  }
  for (const { message, pos } of mistakes(source, document.errors)) {
    Findings.report(findings, place(source, pos[0], pos[1]), { code: "SyntaxError", message: plain(message) })
  }
  for (const { code, message, pos } of document.warnings) {
    const tag = source.text.slice(pos[0], pos[1])
    if (code === "TAG_RESOLVE_FAILED" && knownTags.includes(tag)) continue
    const text =
      code === "TAG_RESOLVE_FAILED" ? `the tag "${tag}" has no meaning in a flow: remove it` : message
    Findings.report(findings, place(source, pos[0], pos[1]), { code: "SyntaxError", message: text })
  }
  return document.errors.length === 0
}

/**
 * The errors that somebody has to mend. One mistake may give several on its line, of which the first says what is wrong; and once
 * the parser has lost its place, all that is left of the file is unexpected.
 */
const mistakes = (
  source: SourceText,
  errors: ReadonlyArray<YAMLParseError>
): ReadonlyArray<YAMLParseError> => {
  const lines = new Set<number>()
  const found: Array<YAMLParseError> = []
  for (const error of errors) {
    if (found.length > 0 && error.message.includes("in YAML stream")) break
    const before = lines.size
    lines.add(positionOf(source, error.pos[0], error.pos[0]).line)
    if (lines.size > before) found.push(error)
  }
  return found
}

/** The words of the parser where they help, and ours where they name its inner parts. */
const plain = (message: string): string =>
  /^Unexpected \S+ at node end$/.test(message)
    ? "the value ends before this: a text with such characters has to stand in quotes"
    : message.charAt(0).toLowerCase() + message.slice(1)
