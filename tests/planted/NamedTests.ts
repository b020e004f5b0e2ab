/** The tests that planted bugs turn red, by the names under which the list of bugs knows them. */
import type { NamedTest } from "./PlantedBug.ts"

const core = (file: string, name: string): NamedTest => ({
  folder: "packages/core",
  file: `test/${file}`,
  name
})

/** Random programs on a store as it ships. */
const programsOn = (store: string): NamedTest => ({
  folder: "tests",
  file: "simulation/stores.test.ts",
  name: `random programs on ${store} > keep every rule through crashes and recovery`
})
export const programsOnSqlite = programsOn("store-sqlite")
export const programsOnPostgres = programsOn("store-postgres")

export const schedules = core(
  "simulation/schedules.test.ts",
  "simulated runs > keep every rule in all random schedules"
)
export const goingRound = core(
  "simulation/schedules.test.ts",
  "simulated runs > keep every rule where nodes choose where they lead"
)
export const makingLists = core(
  "simulation/schedules.test.ts",
  "simulated runs > keep every rule where expressions make lists"
)
export const sessions = core(
  "simulation/schedules.test.ts",
  "simulated runs > keep every rule where runs continue one another"
)
export const withChildren = core(
  "simulation/schedules.test.ts",
  "simulated runs > keep every rule where nodes run flows of their own"
)
export const toldToStop = core(
  "engine/subFlowRaces.test.ts",
  "an attempt whose child run did not end in time > is not given up before its child, which was just being created, has been told to stop"
)
export const ownTimeout = core(
  "engine/subFlowRaces.test.ts",
  "a run that is taken up after its process died > knows that it was its own time-out that has cancelled a child run"
)
export const heldList = core(
  "engine/subFlowRaces.test.ts",
  "a run that has nodes that are ready, and whose child only waits for somebody > says that it waits, where it holds back a list"
)
export const loopLimit = core(
  "decide/routes.test.ts",
  "loops > a loop ends at maxIterations with the nodes that it would have gone to (row 124)"
)
const unmet = "a node that was led to before what it depends on had ended"
export const ledRetry = core(
  "decide/routes.test.ts",
  `${unmet} > runs again in its step when it is retried by hand`
)
export const seenSince = core(
  "decide/routes.test.ts",
  `${unmet} > does not see what has ended since it began, in none of its attempts (R16)`
)
export const seenChannels = core(
  "engine/channels.test.ts",
  "channels in a run > a node gets in each of its attempts what the channels held when it began (R16)"
)
export const pausedConditions = core(
  "decide/channels.test.ts",
  "a condition that reads channels > is waited for by the pause after a step, which tells what may start then"
)
export const addedCondition = core(
  "decide/conditions.test.ts",
  "growth with conditions > lets an added node read the channels that a declared one may read, and no other"
)
export const afterCrash = core(
  "simulation/crashPoints.test.ts",
  "a run that is taken up after a crash > ends as it would have, wherever around its writes the crash was"
)
export const reviewedRounds = core(
  "hook/reviewLimits.test.ts",
  "a review of every round > takes none of the rounds of `maxIterations`, and a node of `nodesMax` each"
)
export const crashedReview = core(
  "hook/humanReview.test.ts",
  "row 87: a crash around a review > after any append asks once and holds the round"
)
export const readingList = core(
  "engine/parkedBarriers.test.ts",
  "a run is not parked > while it reads a list that is kept outside its log"
)
export const fiveOfTen = core(
  "decide/budgets.test.ts",
  "row 74: what is reserved > of ten ready nodes that reserve 100 each, a budget of 500 lets exactly five start"
)
export const overtaken = core(
  "decide/budgets.test.ts",
  "row 74: what is reserved > a node that does not fit holds back those behind it, and no other budget's nodes"
)
export const cancelledMeanwhile = core(
  "engine/mailbox.test.ts",
  "mail for a run that nobody owns > a run that was cancelled meanwhile starts nothing when it is taken up"
)
export const batching = core(
  "simulation/batching.test.ts",
  "R7: messages that are taken in together > leave the same events in the same order as one after the other"
)
export const mail = core(
  "simulation/regressions.test.ts",
  "mail to a run > is read when it comes while the run is being created"
)
export const slotOrder = core(
  "simulation/regressions.test.ts",
  "a node that is disabled while it waits for a slot > lets a node start that follows it and has a greater priority"
)
export const lateReport = core(
  "decide/decideReport.test.ts",
  "I4: an attempt ends once > a late or repeated report changes nothing"
)
export const slotPool = core(
  "engine/SlotPool.test.ts",
  "SlotPool > tells the next run when the first one leaves"
)
export const overdue = core(
  "engine/time.test.ts",
  "row 72: time-out of the run > what comes after its time and before the alarm of it starts nothing"
)
export const parkedDeadline = core(
  "engine/parking.test.ts",
  "a parked run goes on > at its deadline, to the millisecond, in an engine that has no other alarm"
)
export const mailAtParking = core(
  "engine/parking.test.ts",
  "mail at the moment of parking > wakes it when it comes right after, although the engine is still letting go of it"
)
export const sleepers = core(
  "engine/parking.test.ts",
  "parked runs cost nothing > continuous recovery lists none of them and takes none of them up, again and again"
)
export const skewedSender = core(
  "engine/attaching.test.ts",
  "send judges an owner by its signs of life, not by two clocks > a living owner answers a sender whose clock is off by 3600000 ms"
)
export const twoAnswers = core(
  "decide/decideWait.test.ts",
  "R13: signals > are answered once: the second one is told who won, and when"
)
export const lateAnswer = core(
  "decide/decideWait.test.ts",
  "deadlines > an answer that comes at the deadline is too late, whoever is decided first"
)
export const deadlineAfterRestart = core(
  "engine/waits.test.ts",
  "restarts > a deadline that passed while nothing ran fires once at the next start"
)
export const retryAfterTakeOver = core(
  "engine/takeover.test.ts",
  "row 139, promises (1), (2): a run goes on after a crash > a retry that was waiting still waits its time"
)
export const pausedRun = core(
  "decide/schedule.test.ts",
  "row 69, R18: retries wait for their time and for the run > R18: no retry starts while the run is paused"
)
export const keptSignal = core(
  "decide/decideWait.test.ts",
  "R13: signals > to a pending node are kept, and the first one that fits answers the wait when it opens"
)
export const pausedBranch = core(
  "decide/branches.test.ts",
  "rows 80, 81: pausing and resuming > row 80: no pending node of a paused branch starts, others go on"
)
export const cancelledBranch = core(
  "decide/branches.test.ts",
  "row 82: cancelling > what is pending is cancelled, and a join outside follows its rule"
)

const alone = (promise: string, strategy: string): NamedTest =>
  core(
    "decide/strategy/strategies.test.ts",
    `strategies differ in what they wait for > ${promise}, ${strategy} or not`
  )
export const reactiveAlone = alone(
  "row 115: reactive starts a node as soon as its last dependency has ended",
  "reactive"
)
export const workQueueAlone = alone(
  "row 113: work_queue starts nothing beside what is more urgent",
  "work_queue"
)
export const levelAlone = alone("row 114: level starts nothing before the level above has ended", "level")
export const retryAtBarrier = core("decide/strategy/strategies.test.ts", "level > waits for retries")
export const interruptPassed = core(
  "decide/strategy/Superstep.test.ts",
  "rows 88, 89: interrupts > before a node pause with nothing of its step started, and resuming passes them"
)
export const payloadOrder = core(
  "decide/payload.test.ts",
  "rows 108-110, R19: the canonical payload > of 200 generated pipelines is what an independent evaluator says, in 1,000 schedules"
)
const edges = "decide/conditions.test.ts"
export const brokenCondition = core(
  edges,
  "R8: an edge with a condition > fails the node when its condition cannot be evaluated"
)
export const inactiveEdge = core(
  edges,
  "R8: an edge with a condition > counts beside failures of other dependencies"
)
export const failedCondition = core(
  "engine/conditions.test.ts",
  "conditions > that cannot be evaluated fail the node before any code of it runs, without a retry"
)
export const listTakeUp = core(
  "decide/decideItems.test.ts",
  "a run with a list that is taken up > does not expand again, and lost items run again within the bound"
)
export const listOrder = core(
  "engine/forEach.test.ts",
  "forEach in TypeScript > gives its lists in the order of the list, whatever the order is in which items end"
)
export const listBound = core(
  "decide/decideItems.test.ts",
  "a node that is mapped over a list > has at most maxParallel items in flight, and the next in the order of the list follows each end"
)
export const listPlaces = core(
  "decide/decideItems.test.ts",
  "a node that is mapped over a list > gives the place of an item that waits, is skipped, cancelled or held back to the next one"
)
export const listEnd = core(
  "decide/decideItems.test.ts",
  "a node that is mapped over a list > completes when all items have, whatever their order, and then those behind it start"
)
export const emitUnheard = core(
  "engine/emitted.test.ts",
  "what one node emits > is not even read while nobody follows, nor after the last one has left"
)
export const livePlaces = core(
  "engine/emitted.test.ts",
  "the live stream > from an event on is the whole log, with what is emitted at its place, for slow readers too"
)
export const liveParking = core(
  "engine/emitted.test.ts",
  "the live stream > goes on through a parking, and shows what is emitted after it, with every event once"
)
export const childTells = core(
  "engine/subFlowLives.test.ts",
  "a run and its child in several processes > tell the parent again when the process of the child died in between"
)
export const childTakenUp = core(
  "engine/subFlowLives.test.ts",
  "a run and its child in several processes > cancel a child whose parent was cancelled in the moment in which its process died"
)
export const childOutlived = core(
  "engine/subFlowLives.test.ts",
  "a child that has told how it ended, and whose process died right then > is not outlived by its parent, so that the next process finds it when that one dies, too"
)
export const childOutlives = core(
  "engine/lostChildren.test.ts",
  "a child whose claim outlives that of its parent, after both lost their process > goes on where its parent has been taken up, once its own claim is over"
)
export const childStolen = core(
  "engine/lostChildren.test.ts",
  "a child that its process has lost > to another process comes back when that dies"
)
export const parkedOwnActions = core(
  "engine/parkedKin.test.ts",
  "a parked run whose flow brings its own actions > goes on at its time in the engine that started it, although nobody waits for it"
)
export const childOfFork = core(
  "engine/subFlowLives.test.ts",
  "a fork of a run with child runs > keeps what ended, and starts children of its own for what went on"
)
export const childDurable = core(
  "engine/writeAhead.test.ts",
  "I3: write-ahead > no child run is created before its start is durable"
)
export const childSettles = core(
  "engine/subFlowReports.test.ts",
  "a run whose node goes on as a child run > does not wait for anybody as long as any of its children goes on"
)
export const childAdded = core(
  "engine/addedSubFlows.test.ts",
  "a node with a flow that is added to a run > by a hook is refused with the others of its command, and the run goes on"
)
export const childUsage = core(
  "engine/subFlows.test.ts",
  "what a sub-flow uses up > is charged to the budget of its parent, however deep it was used"
)
