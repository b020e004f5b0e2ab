/** More than twenty mistakes that stores were seen to make, and the case that each of them fails. */
export const brokenStores: Readonly<Record<string, string>> = {
  "an append of a stale epoch is written": "an append of a stale epoch is refused, whatever its sequence",
  "an append of a stale sequence is put at the end":
    "an append of a stale sequence is refused and changes nothing",
  "the log is looked at before it is locked": "of appends at the same place, exactly one wins",
  "the tail of a large batch is lost": "a batch of thousands of events is written and read whole",
  "one event too many is read": "an append is read in order, from any number on and with any limit",
  "an empty event is dropped": "events, causes and mail that look like nothing come back as they were",
  "a text ends at NUL": "events, causes and mail that look like nothing come back as they were",
  "an output that is false is no output":
    "cached outputs come back as they were, whatever they and their keys are",
  "a list ignores the status": "every filter holds alone and together with the others",
  "a list asks for one of the tags only": "every filter holds alone and together with the others",
  "a page ends one run too early": "pages go through all runs once, also while runs are added and change",
  "a flow is a pattern for LIKE":
    "ids, flows, tags, owners and mail of any text come back as they were and find only themselves",
  "an id is cut after 255 characters":
    "ids, flows, tags, owners and mail of any text come back as they were and find only themselves",
  "a run of a living owner is taken": "a run whose lease holds is not taken, and one whose lease is over is",
  "a lease is looked at before the run is locked": "of claimers at the same time, exactly one wins",
  "a run is released by a stale owner":
    "a released run is taken at once, and releasing it again changes nothing",
  "mail is not consumed": "of appends that consume one letter, exactly one does",
  "mail is gone once it was read":
    "mail is read by run, in the order in which it was put, until it is consumed",
  "a listener hears of the first change only":
    "a listener hears of every one of many runs, however they change",
  "the arrival of mail is told to nobody":
    "mail is told to owners in this handle and in others, and their own writes are not",
  "two listeners share the news": "each of several listeners hears of everything, of changes and of mail",
  "times of runs have 32 bits": "times come back to the millisecond, those of today and those far away",
  "letters are read by the times that they bear":
    "hundreds of letters are kept, and read in the order in which they were put, whatever times they bear",
  "a page goes on at the run of its cursor, and begins anew when that is gone":
    "pages go on where they were although runs are deleted meanwhile",
  "a run is created although an artifact of it is gone":
    "a run that refers to an artifact which is gone is not created",
  "a paused run is pruned": "a run that has not ended is never deleted, however old it is",
  "an artifact goes with the first of its runs": "an artifact goes with the last run that refers to it",
  "what is not declared is left out in silence":
    'a store that does not offer "prune" refuses it as Unsupported, and goes on'
}
