/**
 * Which seeds the simulations run: `DAGFLOW_SEED=123` one of them, `DAGFLOW_SCHEDULES=100` a tenth of all, and
 * `DAGFLOW_SCHEDULES=100000` more random schedules.
 */

const seed = process.env["DAGFLOW_SEED"]

/** The only seed that is asked for, if one is. */
export const only: ReadonlyArray<number> | undefined = seed === undefined ? undefined : [Number(seed)]

/** Random schedules that are asked for; a thousand is the whole of it. */
export const count = Number(process.env["DAGFLOW_SCHEDULES"] ?? 1000)

/** Whether everything runs, so that a test may ask for what only many schedules show. */
export const isWhole = only === undefined && count >= 1000

const from = (first: number, length: number): ReadonlyArray<number> =>
  only ?? Array.from({ length }, (_, at) => first + at)

/** The seeds of random schedules. */
export const schedules = from(0, count)

/** Seeds of a test that has so many when everything runs, and fewer when fewer schedules are asked for. */
export const seedsFrom = (first: number, length: number): ReadonlyArray<number> =>
  from(first, Math.ceil(length * Math.min(1, count / 1000)))
