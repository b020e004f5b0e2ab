/** A call of a tool while its pieces come. Servers number calls, name them by ids, do both, or neither. */
import type * as Schema from "effect/Schema"

/** A further piece of some call. */
interface Piece {
  readonly id: string | undefined
  readonly name: string | undefined
  readonly json: string
  /** The server counts its calls, so that a piece with this call's number is one of it unless something speaks against that. */
  readonly isNumbered: boolean
}

/** The text of arguments, which most servers send as a text and some as an object. */
export const argumentsText = (given: Schema.Json | undefined): string => {
  if (given === undefined || given === null) return ""
  return typeof given === "string" ? given : JSON.stringify(given)
}

/** A call whose arguments come in pieces. */
export class PendingCall {
  readonly id: string
  readonly #givenId: string | undefined
  name: string
  json = ""
  #depth = 0
  #isInText = false
  #isEscaped = false
  #isWhole = false

  /** `givenId`: the id that the server gave it; `id`: the one that it has. */
  constructor(givenId: string | undefined, name: string | undefined, id: string) {
    this.#givenId = givenId
    this.name = name ?? ""
    this.id = id
  }

  /** Adds a piece of the arguments. */
  add(json: string): void {
    this.json += json
    for (const character of json) this.#follow(character)
  }

  /** Whether a piece is the first one of another call. */
  isOver({ id, isNumbered, json, name }: Piece): boolean {
    if (id !== undefined) return this.#givenId === undefined ? !isNumbered : id !== this.#givenId
    // Without an id, what names a tool and brings arguments begins anew once the arguments before it are whole.
    return name !== undefined && json !== "" && this.#isWhole
  }

  /** Follows the brackets, so that the end of the arguments is known without reading all of them again for each piece. */
  #follow(character: string): void {
    if (this.#isInText) {
      if (this.#isEscaped) this.#isEscaped = false
      else if (character === "\\") this.#isEscaped = true
      else if (character === '"') this.#isInText = false
    } else if (character === '"') this.#isInText = true
    else if (character === "{" || character === "[") this.#depth++
    else if (character === "}" || character === "]") {
      this.#depth--
      this.#isWhole = this.#depth <= 0
    }
  }
}
