/**
 * A random number from 0 up to, but without, 1 that depends on nothing but its key, so that a run repeated with the same
 * seed makes the same choices, whatever else happens around it.
 *
 * The text is hashed by FNV-1a (32 bits, offset basis and prime of the reference at http://www.isthe.com/chongo/tech/comp/fnv/)
 * and mixed by the finaliser of MurmurHash3.
 */
export const keyedRandom = (seed: number, ...key: ReadonlyArray<string | number>): number => {
  let hash = 0x811c9dc5 ^ seed
  const text = key.join("\u0000")
  for (let at = 0; at < text.length; at++) hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193)
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b)
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35)
  return ((hash ^ (hash >>> 16)) >>> 0) / 4_294_967_296
}
