/** The case that finds each planted bug. */
export const finders: Readonly<Record<string, string>> = {
  "a run that exists is created again in silence":
    "a run of an id that exists is refused and changes nothing",
  "an append of a stale sequence is put at the end":
    "an append of a stale sequence is refused and changes nothing",
  "an append of a stale sequence is dropped in silence":
    "an append of a stale sequence is refused and changes nothing",
  "an append of a stale epoch is written": "an append of a stale epoch is refused, whatever its sequence",
  "the sequence is looked at before the epoch":
    "an append of a stale epoch is refused, whatever its sequence",
  "the status of an append is lost": "an append is read in order, from any number on and with any limit",
  "the cause of an event is lost": "events, causes and mail that look like nothing come back as they were",
  "an empty event is dropped": "events, causes and mail that look like nothing come back as they were",
  "a text ends at NUL": "events, causes and mail that look like nothing come back as they were",
  "one event too many is read": "an append is read in order, from any number on and with any limit",
  "the event of the given number is read again":
    "an append is read in order, from any number on and with any limit",
  "an unknown run has an empty log":
    "a run that does not exist is not found, and an empty log is no such run",
  "a run of a living owner is taken": "a run whose lease holds is not taken, and one whose lease is over is",
  "a lease is over a moment too early":
    "a run whose lease holds is not taken, and one whose lease is over is",
  "a run is never taken by force": "force takes a run from a living owner",
  "an owner takes its own run": "an owner of the same name does not take its own run",
  "a claim that was watched is taken although it was prolonged":
    "a claim that was watched in vain is taken, unless it was prolonged or made anew",
  "a claim that was watched and prolonged is over by its time":
    "a claim that was watched in vain is taken, unless it was prolonged or made anew",
  "a claim that was watched counts as any other":
    "a claim that was watched in vain is taken, unless it was prolonged or made anew",
  "no run is ever lost": "renewing prolongs what is owned and names what is lost",
  "a claim is not prolonged":
    "a claim that was watched in vain is taken, unless it was prolonged or made anew",
  "a run is not released": "renewing prolongs what is owned and names what is lost",
  "a run is released by a stale owner":
    "a released run is taken at once, and releasing it again changes nothing",
  "the same mail is put twice": "the same id again changes nothing while it lies there",
  "mail is read the latest first":
    "mail is read by run, in the order in which it was put, until it is consumed",
  "mail is not consumed": "mail goes with the append that settles it, or stays with one that is refused",
  "mail is consumed by an append that is refused":
    "an append of a stale sequence is refused and changes nothing",
  "a list ignores the flow": "every filter holds alone and together with the others",
  "a list ignores the status": "every filter holds alone and together with the others",
  "a list asks for one of the tags only": "every filter holds alone and together with the others",
  "a list is sorted by UTF-16":
    "runs are listed the newest first, those of one millisecond by their ids' code points",
  "a page says that there is more when there is not":
    "pages go through all runs once, also while runs are added and change",
  "a page ends one run too early": "pages go through all runs once, also while runs are added and change",
  "an artifact is written over": "an artifact is kept once by its hash",
  "a list ignores from when on": "every filter holds alone and together with the others",
  "a list takes a run of the very moment before which it was asked":
    "every filter holds alone and together with the others",
  "an artifact is put for a run that does not exist":
    "an artifact that is too large or no Unicode is refused, and changes nothing",
  "a new run loses its artifacts":
    "an artifact that is too large or no Unicode is refused, and changes nothing",
  "cached outputs never expire": "cached outputs are given until they expire, by the clock of whoever asks",
  "cached outputs are given a moment too long":
    "cached outputs are given until they expire, by the clock of whoever asks",
  "cached outputs are never replaced": "the same key again replaces outputs, their time and their end",
  "a dry run deletes": "a run that has not ended is never deleted, however old it is",
  "a prune deletes nothing":
    "runs that ended before a time are deleted with all that belongs to them, later ones are not",
  "a prune has no limit": "a dry run answers what would be deleted, and deletes nothing",
  "a run of the very moment is pruned":
    "runs that ended before a time are deleted with all that belongs to them, later ones are not",
  "a paused run is pruned": "a run that has not ended is never deleted, however old it is",
  "an artifact goes with the first of its runs": "an artifact goes with the last run that refers to it",
  "artifacts are never deleted": "an artifact goes with the last run that refers to it",
  "changes are told to nobody": "every change of a run is told to this handle and to others",
  "the arrival of mail is told to nobody":
    "mail is told to owners in this handle and in others, and their own writes are not",
  "owners are told of every change":
    "mail is told to owners in this handle and in others, and their own writes are not",
  "a run with mail is parked": "a run with mail is not parked, and mail ends a parking",
  "mail lets a parked run sleep": "a run with mail is not parked, and mail ends a parking",
  "whoever asks parks a run": "only the owner parks a run, and only once",
  "a claimed run counts as parked still":
    "a parked run is nobody's, says until when it is parked, and is taken at any time",
  "a parked run is due a moment too early": "those are due that have not ended and are not parked for longer",
  "all runs are due": "a run with mail is not parked, and mail ends a parking",
  "the next moment to wake is the last one":
    "those are due that have not ended and are not parked for longer",
  "a run that only mail wakes looks awake":
    "a parked run is nobody's, says until when it is parked, and is taken at any time",
  "the tail of a large batch is lost": "a batch of thousands of events is written and read whole",
  "the last event of an append is lost": "an append is read in order, from any number on and with any limit",
  "a page of a log ends at a thousand events": "a batch of thousands of events is written and read whole",
  "a flow is a pattern for LIKE":
    "ids, flows, tags, owners and mail of any text come back as they were and find only themselves",
  "ids are the same in capitals":
    "runs are listed the newest first, those of one millisecond by their ids' code points",
  "an id ends at NUL":
    "ids, flows, tags, owners and mail of any text come back as they were and find only themselves",
  "an id is cut after 255 characters":
    "ids, flows, tags, owners and mail of any text come back as they were and find only themselves",
  "spaces at the end of an id are dropped":
    "ids, flows, tags, owners and mail of any text come back as they were and find only themselves",
  "an output that is false is no output": "the same key again replaces outputs, their time and their end",
  "the log is looked at before it is locked": "of appends at the same place, exactly one wins",
  "a lease is looked at before the run is locked": "of claimers at the same time, exactly one wins",
  "mail is gone once it was read":
    "mail is read by run, in the order in which it was put, until it is consumed",
  "mail of an id that lies there is replaced": "the same id again changes nothing while it lies there",
  "a run is created although an artifact of it is gone":
    "a run that refers to an artifact which is gone is not created",
  "letters are read by the times that they bear":
    "hundreds of letters are kept, and read in the order in which they were put, whatever times they bear",
  "a mailbox is full after a hundred letters":
    "hundreds of letters are kept, and read in the order in which they were put, whatever times they bear",
  "times of runs have 32 bits": "times come back to the millisecond, those of today and those far away",
  "a page goes on at the run of its cursor, and begins anew when that is gone":
    "pages go on where they were although runs are deleted meanwhile",
  "two listeners share the news": "each of several listeners hears of everything, of changes and of mail",
  "the news of a thousand runs wait for a listener that is busy, and no more":
    "a listener that is busy hears of thousands of runs once it reads on",
  "a listener hears of the first change only":
    "a listener hears of every one of many runs, however they change",
  "news that come while a listener is busy are dropped":
    "a listener hears of every one of many runs, however they change",
  "what is not declared is left out in silence":
    'a store that does not offer "prune" refuses it as Unsupported, and goes on',
  "a store that declares no news has a stream without end":
    'a store that does not offer "notify" refuses it as Unsupported, and goes on',
  "artifacts of a new run are dropped where none are kept":
    'a store that does not offer "artifacts" refuses it as Unsupported, and goes on'
}
