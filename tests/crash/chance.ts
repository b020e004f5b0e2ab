/** A number from 0 up to, but without, 1 that depends on nothing but a text: chance that can be repeated. (FNV-1a, mixed.) */
export const chance = (text: string): number => {
  let mixed = 0x811c9dc5
  for (const letter of text) mixed = Math.imul(mixed ^ (letter.codePointAt(0) ?? 0), 0x01000193)
  mixed = Math.imul(mixed ^ (mixed >>> 16), 0x45d9f3b)
  return ((mixed ^ (mixed >>> 16)) >>> 0) / 4_294_967_296
}
