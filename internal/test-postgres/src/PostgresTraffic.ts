/**
 * What the stores of this process have asked PostgreSQL and not heard of yet. While it is held, an answer is handed out only
 * when whoever holds it asks for it, and answers in the order of their questions: how fast the server was makes no difference.
 */
import pg from "pg"

interface Answer {
  readonly number: number
  readonly deliver: () => void
}

type Callback = (...results: ReadonlyArray<unknown>) => void

/** What is asked of PostgreSQL and not answered yet. */
export class PostgresTraffic {
  #isHeld = false
  #asked = 0
  /** Questions that the server has not answered. */
  #open = 0
  #answers: Array<Answer> = []
  #hearAll: (() => void) | undefined

  constructor() {
    this.#watchQueries()
    this.#watchConnections()
  }

  /** Holds answers back from now on. */
  hold(): void {
    this.#isHeld = true
  }

  /** Lets answers pass again. */
  release(): void {
    this.#isHeld = false
  }

  /** Waits until everything that was asked has been answered, and hands the answers out; says whether there were any. */
  readonly settle = async (): Promise<boolean> => {
    if (this.#open === 0 && this.#answers.length === 0) return false
    if (this.#open > 0) await new Promise<void>((resolve) => (this.#hearAll = resolve))
    const answers = this.#answers.sort((a, b) => a.number - b.number)
    this.#answers = []
    for (const { deliver } of answers) deliver()
    return true
  }

  /** Notes a question; answers what is to be called in the place of whoever asked. */
  #ask(callback: Callback): Callback {
    const number = this.#asked++
    this.#open++
    return (...results) => {
      this.#answers.push({ number, deliver: () => callback(...results) })
      if (--this.#open > 0) return
      this.#hearAll?.()
      this.#hearAll = undefined
    }
  }

  /** The store asks by callbacks; who asks by promises is no store. */
  #watchQueries(): void {
    const client = pg.Client.prototype as { query: (...parameters: Array<unknown>) => unknown }
    const { query } = client
    const watch = (parameters: ReadonlyArray<unknown>): Array<unknown> => {
      const callback = parameters.at(-1)
      if (!this.#isHeld || typeof callback !== "function") return [...parameters]
      return [...parameters.slice(0, -1), this.#ask(callback as Callback)]
    }
    client.query = function (...parameters) {
      return query.apply(this, watch(parameters))
    }
  }

  #watchConnections(): void {
    const client = pg.Client.prototype as { connect: (callback?: Callback) => unknown }
    const { connect } = client
    const watch = (callback: Callback): Callback => (this.#isHeld ? this.#ask(callback) : callback)
    client.connect = function (callback) {
      if (callback !== undefined) return connect.call(this, watch(callback))
      return new Promise<void>((resolve, reject) => {
        connect.call(
          this,
          watch((error) => (error === undefined || error === null ? resolve() : reject(error as Error)))
        )
      })
    }
  }
}
