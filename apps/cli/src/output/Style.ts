/** Colours by what they mean. Six families, so that they stay apart also for people who see fewer colours. */
import { styleText } from "node:util"
import type { Sign } from "./Glyphs.ts"

/** What a colour means. */
export type Tone = "idle" | "running" | "attention" | "retrying" | "completed" | "failed" | "strong" | "faint"

/** Paints a text in a tone, or leaves it as it is where colours are off. */
export type Style = (tone: Tone, text: string) => string

type Format = Parameters<typeof styleText>[0]

const formats: Readonly<Record<Tone, Format>> = {
  idle: "gray",
  running: "blueBright",
  attention: "yellowBright",
  retrying: "magentaBright",
  completed: "greenBright",
  failed: "redBright",
  strong: "bold",
  faint: "dim"
}

/** Leaves every text as it is. */
export const plain: Style = (_, text) => text

/** Paints texts with the codes of a terminal. */
export const colored: Style = (tone, text) =>
  text === "" ? "" : styleText(formats[tone], text, { validateStream: false })

const tones: Readonly<Record<Sign, Tone>> = {
  pending: "idle",
  running: "running",
  retrying: "retrying",
  waiting: "attention",
  completed: "completed",
  failed: "failed",
  skipped: "idle",
  cancelled: "idle",
  paused: "attention",
  grew: "running"
}

/** The tone of a status. */
export const toneOf = (sign: Sign): Tone => tones[sign]
