import type { DagFlowError } from "../DagFlowError.ts"

/**
 * What a stream gives, one by one. Unlike the generator that a function makes, it lets go at once when it is told to return:
 * that one would first wait for the next value, which may never come.
 */
export class Following<A> implements AsyncGenerator<A, void, void> {
  readonly #open: () => Promise<AsyncIterator<A>>
  readonly #failed: (error: unknown) => DagFlowError
  #iterator: Promise<AsyncIterator<A>> | undefined
  #isOver = false

  constructor(open: () => Promise<AsyncIterator<A>>, failed: (error: unknown) => DagFlowError) {
    this.#open = open
    this.#failed = failed
  }

  async next(): Promise<IteratorResult<A, void>> {
    if (this.#isOver) return { done: true, value: undefined }
    this.#iterator ??= this.#open()
    try {
      const iterator = await this.#iterator
      const result = await iterator.next()
      if (result.done !== true) return result
    } catch (error) {
      this.#isOver = true
      throw this.#failed(error)
    }
    this.#isOver = true
    return { done: true, value: undefined }
  }

  async return(): Promise<IteratorResult<A, void>> {
    this.#isOver = true
    // One that could not be opened has nothing to let go of, and whoever asked for a value was told why.
    const iterator = await this.#iterator?.catch(() => undefined)
    await iterator?.return?.()
    return { done: true, value: undefined }
  }

  async throw(error: unknown): Promise<IteratorResult<A, void>> {
    await this.return()
    throw error
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.return()
  }

  [Symbol.asyncIterator](): this {
    return this
  }
}
