import type { DagFlow, RunHandle } from "@dagflow/core"
import { type RunRow, RunStatus, type StoreDriverShape } from "@dagflow/protocol"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import type * as Layer from "effect/Layer"
import type { Globals } from "../command/Globals.ts"
import type { StoreLocation } from "../config/StoreLocation.ts"
import type { OutputClosed } from "../output/CliFailure.ts"
import type { ExitCode } from "../output/ExitCode.ts"
import type { OutputShape } from "../output/Output.ts"
import { oneLine } from "../output/Phrase.ts"
import * as Trouble from "../output/Trouble.ts"
import { openProgress } from "../progress/openProgress.ts"
import * as Ending from "./Ending.ts"
import { follow, type Followed } from "./Follow.ts"
import * as LogSink from "./LogSink.ts"
import type * as SourceMap from "./SourceMap.ts"
import { cancelUnowned } from "./cancelUnowned.ts"

/** What is needed to bring a run to its end in this process. */
export interface RunParts<E> {
  readonly output: OutputShape
  readonly globals: Globals
  readonly engine: Layer.Layer<DagFlow>
  readonly driver: StoreDriverShape
  readonly location: StoreLocation
  readonly begin: (engine: DagFlow["Service"]) => Effect.Effect<RunHandle.RunHandle, E>
  /** The run as it stood before this process had it; `undefined`: it is new. */
  readonly known: RunRow | undefined
  readonly timeoutMillis: number | undefined
  /** Whether what attempts emit is told too. */
  readonly live: boolean
  readonly sources: SourceMap.SourceMap
  readonly next: (runId: string) => Ending.NextCommands | undefined
}

/** Brings a run to its end, shows how it goes, and prints how it ended. */
export const perRun = <E>(parts: RunParts<E>): Effect.Effect<ExitCode, E | OutputClosed> =>
  Effect.gen(function* () {
    const { driver, globals, live, location, output } = parts
    const progress = openProgress(output, {
      about: `store=${location.text}`,
      hint: "Ctrl-C parks the run, twice cancels",
      live
    })
    const leave = Effect.map(Clock.currentTimeMillis, (now) => progress.close(now))
    yield* sayOver(parts)
    const first = yield* follow({
      ...parts,
      historyUntil: parts.known?.sequence ?? 0,
      progress,
      redactor: output.redactor,
      timeout: parts.timeoutMillis
    }).pipe(
      Effect.ensuring(leave),
      Effect.provide(LogSink.layer(progress, globals.logFormat, globals.verbose))
    )
    const followed = first.cancelAsked ? yield* cancelled(first, driver) : first
    const ending = Ending.describe(followed, output, parts.next(followed.runId), parts.sources)
    if (process.env["GITHUB_ACTIONS"] === "true") {
      const GitHub = yield* Effect.promise(() => import("./GitHub.ts"))
      yield* GitHub.report(followed, parts.sources, output)
    }
    if (output.json) yield* output.printJson(Ending.resultLine(followed, ending))
    else if (ending.answer !== "") yield* output.print(ending.answer)
    if (ending.trouble !== undefined) yield* Trouble.print(ending.trouble, output)
    return ending.exit
  })

/** Nobody wonders why nothing runs: a run that has ended answers as it did then. */
const sayOver = ({ known, output }: Pick<RunParts<unknown>, "known" | "output">): Effect.Effect<void> =>
  known === undefined || !RunStatus.isEnded(known.status) || output.json || output.quiet
    ? Effect.void
    : output.note(
        `${oneLine(known.runId)} has ended: it was ${known.status} at event ${known.sequence}, and nothing of it runs again (a run of another --id starts anew)`
      )

/** The user asked to cancel, and the time of parking was over before that was done: it is done now. */
const cancelled = (followed: Followed, driver: StoreDriverShape): Effect.Effect<Followed> =>
  followed.report !== undefined
    ? Effect.succeed(followed)
    : Effect.orElseSucceed(
        Effect.map(
          cancelUnowned(driver, followed.runId, [], "cancelled by the user"),
          ({ report, state }) => ({
            ...followed,
            report,
            state
          })
        ),
        () => followed
      )
