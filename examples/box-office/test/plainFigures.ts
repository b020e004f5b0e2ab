/**
 * The figures of the report as anybody would work them out by hand: one loop over the rows, without the flow and without
 * its actions. What titles were meant to be is written down here, not worked out.
 */

export type RawRow = Readonly<Record<string, string | number | null>>

/** Garbled titles of the shipped data, and what they are. */
export const meantTitles: ReadonlyMap<string, string> = new Map([
  ["AstÈrix aux Jeux Olympiques", "Astérix aux Jeux Olympiques"],
  ["De battre mon coeur s'est arrÍtÈ", "De battre mon coeur s'est arrêté"],
  ["Les BronzÈs 3: amis pour la vie", "Les Bronzés 3: amis pour la vie"],
  ["Per qualche dollaro in pi˘", "Per qualche dollaro in più"],
  ["I Love You Ö Don't Touch Me!", "I Love You … Don't Touch Me!"],
  ["The Naked Gun 2Ω: The Smell of Fear", "The Naked Gun 2½: The Smell of Fear"],
  ["LÈon", "Léon"],
  ["Le Fabuleux destin d'AmÈlie Poulain", "Le Fabuleux destin d'Amélie Poulain"],
  ["AimÈe & Jaguar", "Aimée & Jaguar"],
  ["La mala educaciÛn", "La mala educación"],
  ["CachÈ", "Caché"],
  ["Die F‰lscher", "Die Fälscher"],
  ["DÈj‡ Vu", "Déjà Vu"],
  ["IndigËnes", "Indigènes"],
  ["Obsluhoval jsem anglickÈho kr·le", "Obsluhoval jsem anglického krále"],
  ["La MÙme", "La Môme"],
  ["Joyeux NoÎl", "Joyeux Noël"],
  ["MoliËre", "Molière"]
])

export interface PlainFilm {
  readonly title: string
  readonly year: number
  readonly genre: string
  readonly budget: number
  readonly gross: number
}

export interface PlainFigures {
  readonly problems: Readonly<Record<string, number>>
  /** Films of rows without any problem. */
  readonly sound: ReadonlyArray<PlainFilm>
  /** Films of rows that are sound once their title and date are right. */
  readonly mended: ReadonlyArray<PlainFilm>
}

/** Works out what is wrong with rows, and the films that remain. */
export const plainFigures = (
  rows: ReadonlyArray<RawRow>,
  prices: Readonly<Record<string, number>>,
  lastYear: number
): PlainFigures => {
  const problems: Record<string, number> = {}
  const sound: Array<PlainFilm> = []
  const mended: Array<PlainFilm> = []
  const note = (problem: string) => {
    problems[problem] = (problems[problem] ?? 0) + 1
  }
  for (const row of rows) {
    const given = row["Title"]
    const budget = row["Production Budget"]
    const gross = row["Worldwide Gross"]
    const givenYear = Number(String(row["Release Date"]).slice(-4))
    let title = String(given)
    let year = givenYear
    let isMended = false
    if (givenYear > lastYear) {
      note("future-release")
      year -= 100
      isMended = true
    }
    if (meantTitles.has(title)) {
      note("garbled-title")
      title = meantTitles.get(title) ?? ""
      isMended = true
    }
    if (typeof given === "number") {
      note("numeric-title")
      isMended = true
    }
    if (given === null) note("missing-title")
    if (!budget || !gross) note("missing-money")
    if (given === null || typeof budget !== "number" || typeof gross !== "number" || budget * gross === 0)
      continue
    const factor = (prices[String(lastYear)] ?? 0) / (prices[String(year)] ?? 0)
    const film = {
      title,
      year,
      genre: String(row["Major Genre"] ?? "Unknown"),
      budget: Math.round(budget * factor),
      gross: Math.round(gross * factor)
    }
    ;(isMended ? mended : sound).push(film)
  }
  return { problems, sound, mended }
}

const middle = (numbers: ReadonlyArray<number>): number => {
  const sorted = numbers.toSorted((a, b) => a - b)
  while (sorted.length > 2) {
    sorted.shift()
    sorted.pop()
  }
  return sorted.reduce((sum, one) => sum + one, 0) / sorted.length
}

/** Films, part that paid back, and the middle film's return, by genre. */
export const plainGenres = (films: ReadonlyArray<PlainFilm>): ReadonlyMap<string, ReadonlyArray<number>> =>
  new Map(
    [...new Set(films.map(({ genre }) => genre))].map((genre) => {
      const list = films.filter((film) => film.genre === genre)
      const paid = list.filter((film) => film.gross > film.budget).length
      return [genre, [list.length, paid / list.length, middle(list.map((film) => film.gross / film.budget))]]
    })
  )

/** Films, the middle film's cost and return, and the film with the greatest profit, by decade. */
export const plainDecades = (
  films: ReadonlyArray<PlainFilm>
): ReadonlyMap<number, ReadonlyArray<number | string>> => {
  const decades = [...new Set(films.map(({ year }) => Math.floor(year / 10) * 10))]
  return new Map(
    decades.map((decade) => {
      const list = films.filter(({ year }) => year >= decade && year < decade + 10)
      const profits = list.map(({ budget, gross }) => gross - budget)
      const best = list[profits.indexOf(Math.max(...profits))]?.title ?? ""
      const cost = middle(list.map(({ budget }) => budget))
      return [decade, [list.length, cost, middle(list.map(({ budget, gross }) => gross / budget)), best]]
    })
  )
}
