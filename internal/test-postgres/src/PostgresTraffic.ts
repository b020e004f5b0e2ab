/**
 * What the stores of this process have asked PostgreSQL and not heard of yet. While it is held, an answer is handed out only
 * when whoever holds it asks for it, and answers in the order of their questions: how fast the server was makes no difference.
 * Connections can be lost meanwhile, with what was asked on them or with its answer.
 */
import pg from "pg"

interface Answer {
  readonly number: number
  readonly deliver: () => void
}

type Callback = (...results: ReadonlyArray<unknown>) => void

/** What is lost with a connection: a question that never reaches the server, or its answer. */
export type Loss = "question" | "answer"

type Queries = { query: (...parameters: Array<unknown>) => unknown }

const nameOf = (question: unknown): string | undefined =>
  typeof question === "object" && question !== null && "name" in question ? String(question.name) : undefined

/** Says at each question, by the name of its statement, what is lost, if anything is. */
export type Lose = (statement: string) => Loss | undefined

const lost = (): Error => new Error("the connection was lost")

/** What is asked of PostgreSQL and not answered yet. */
export class PostgresTraffic {
  #isHeld = false
  #asked = 0
  /** Questions that the server has not answered. */
  #open = 0
  #answers: Array<Answer> = []
  #hearAll: (() => void) | undefined
  #lose: Lose = () => undefined

  constructor() {
    this.#watchQueries()
    this.#watchConnections()
  }

  /** Holds answers back from now on. */
  hold(lose: Lose = () => undefined): void {
    this.#isHeld = true
    this.#lose = lose
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
    const traffic = (callback: Callback): Callback => this.#ask(callback)
    const isWatched = (callback: unknown): callback is Callback =>
      this.#isHeld && typeof callback === "function"
    const loss = (question: unknown): Loss | undefined => {
      const name = nameOf(question)
      return name === undefined ? undefined : this.#lose(name)
    }
    const client = pg.Client.prototype as Queries
    const { query } = client
    client.query = function (this: pg.Client, ...parameters) {
      const callback = parameters.at(-1)
      if (!isWatched(callback)) return query.apply(this, parameters)
      const answer = traffic(callback)
      const gone = loss(parameters[0])
      if (gone === undefined) return query.apply(this, [...parameters.slice(0, -1), answer])
      const cut = () => {
        this.connection.stream.destroy()
        answer(lost())
      }
      if (gone === "question") return queueMicrotask(cut)
      return query.apply(this, [...parameters.slice(0, -1), cut])
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
