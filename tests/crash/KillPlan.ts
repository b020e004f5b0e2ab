/**
 * The kills of one trial, in any order. The processes of a trial share it by files: whoever makes the file of a kill dies,
 * and no other process does at the same point.
 */
import { closeSync, existsSync, fsyncSync, openSync, readFileSync, writeSync } from "node:fs"
import path from "node:path"
import type { InnerPoint, KillPoint } from "./KillPoint.ts"

/** The process that was hit, by the name under which it owns runs, and the run that it was at work on. */
export interface Victim {
  readonly owner: string
  readonly runId: string
}

/** Ends this process as if its power were cut. */
const die = (): void => {
  process.kill(process.pid, "SIGKILL")
}

/** The kills of one trial. */
export class KillPlan {
  readonly #folder: string
  readonly #points: ReadonlyArray<KillPoint>

  constructor(folder: string, points: ReadonlyArray<KillPoint>) {
    this.#folder = folder
    this.#points = points
  }

  /** Whether there is a kill at such a point that nobody has made yet. */
  isArmed(isHere: (point: InnerPoint) => boolean): boolean {
    return this.#find(isHere) >= 0
  }

  /** Takes a kill that is at this point. Answers whether there was one and nobody else was faster. */
  take(isHere: (point: InnerPoint) => boolean, victim: Victim): boolean {
    const place = this.#find(isHere)
    return place >= 0 && this.takeAt(place, victim)
  }

  /** Takes a kill by its place. Answers whether nobody else was faster. */
  takeAt(place: number, victim: Victim): boolean {
    try {
      const descriptor = openSync(this.#file(place), "wx")
      writeSync(descriptor, JSON.stringify(victim))
      fsyncSync(descriptor)
      closeSync(descriptor)
      return true
    } catch (error) {
      if (error instanceof Error && "code" in error && error.code === "EEXIST") return false
      throw error
    }
  }

  /** Dies if a kill is at this point. */
  dieAt(isHere: (point: InnerPoint) => boolean, victim: Victim): void {
    if (this.take(isHere, victim)) die()
  }

  /** Who was hit by each kill, `undefined` for those that were not made. */
  get victims(): ReadonlyArray<Victim | undefined> {
    return this.#points.map((_, place) =>
      existsSync(this.#file(place))
        ? (JSON.parse(readFileSync(this.#file(place), "utf8")) as Victim)
        : undefined
    )
  }

  #find(isHere: (point: InnerPoint) => boolean): number {
    return this.#points.findIndex(
      (point, place) => point.at !== "time" && isHere(point) && !existsSync(this.#file(place))
    )
  }

  #file(place: number): string {
    return path.join(this.#folder, `kill-${place}.json`)
  }
}
