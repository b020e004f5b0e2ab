import { StoreAbility, type StoreAbilities, type StoreDriverShape } from "@dagflow/protocol"

/** A store that offers no more than these abilities, and refuses the operations of all others. */
export const limited = (store: StoreDriverShape, offered: StoreAbilities): StoreDriverShape => {
  const { refusals } = StoreAbility
  const { artifacts, cache, notify, parking, prune } = offered
  return {
    ...store,
    abilities: offered,
    putArtifact: artifacts ? store.putArtifact : refusals.putArtifact,
    getArtifact: artifacts ? store.getArtifact : refusals.getArtifact,
    putCached: cache ? store.putCached : refusals.putCached,
    getCached: cache ? store.getCached : refusals.getCached,
    park: parking ? store.park : refusals.park,
    nextWake: parking ? store.nextWake : refusals.nextWake,
    prune: prune ? store.prune : refusals.prune,
    changes: notify ? store.changes : refusals.changes,
    arrivals: notify ? store.arrivals : refusals.arrivals
  }
}
