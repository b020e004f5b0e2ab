/** Marks parts of a text for people. */
export interface Paint {
  readonly bad: (text: string) => string
  readonly warn: (text: string) => string
  readonly strong: (text: string) => string
  readonly quiet: (text: string) => string
}

const asIs = (text: string): string => text

/** Select Graphic Rendition: what a terminal takes for "from here on" and "no longer". */
const between =
  (on: number, off: number) =>
  (text: string): string =>
    `\u001b[${on}m${text}\u001b[${off}m`

/** How the parts are marked with and without colours. */
export const painters: Readonly<Record<"plain" | "colour", Paint>> = {
  plain: { bad: asIs, warn: asIs, strong: asIs, quiet: asIs },
  colour: { bad: between(31, 39), warn: between(33, 39), strong: between(1, 22), quiet: between(2, 22) }
}
